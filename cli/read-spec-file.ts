/** Reads the file that a command was given for a pipeline, or for something else that is described in YAML. */
import { readFile } from 'node:fs/promises';
import { describeError, LikenessError } from '../services/shared/errors.ts';

/** `what` the file is to hold. Rejects with LikenessError `Usage` if there is no such file. */
export async function readSpecFile(file: string, what = 'a ProfilePipeline'): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new LikenessError('Usage', `Cannot read ${file}: ${describeError(error)}. Name a YAML file with ${what}.`);
  }
}
