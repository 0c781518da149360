/** Reads the file that a command was given for a pipeline. */
import { readFile } from 'node:fs/promises';
import { describeError, LikenessError } from '../services/shared/errors.ts';

/** Rejects with LikenessError `Usage` if there is no such file. */
export async function readSpecFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new LikenessError(
      'Usage',
      `Cannot read ${file}: ${describeError(error)}. Name a YAML file with a ProfilePipeline.`,
    );
  }
}
