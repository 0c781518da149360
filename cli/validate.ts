/** `likeness validate`: every error of a pipeline, or the pipeline with its preset merged in. */
import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { formatErrors } from '../crds/format-errors.ts';
import { loadPipeline, type Loaded } from '../crds/load.ts';
import { exitCodes } from '../services/shared/errors.ts';
import type { Terminal } from './terminal.ts';

export interface ValidateOptions {
  /** Print the pipeline as services see it: defaults filled in, preset merged in. */
  readonly effective?: boolean;
  /** One JSON object instead of text. */
  readonly json?: boolean;
}

/** Exit code: 0 valid, 64 not valid, 2 there is no such file. */
export async function runValidate(file: string, options: ValidateOptions, terminal: Terminal): Promise<number> {
  const text = await readText(file, terminal);
  if (text === undefined) return exitCodes.usage;
  const loaded = loadPipeline(text);
  if (options.json) terminal.print(JSON.stringify(resultOf(file, loaded, options)));
  else printText(file, loaded, options, terminal);
  return loaded.ok ? exitCodes.ok : exitCodes.badConfig;
}

async function readText(file: string, terminal: Terminal): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    terminal.note(`Cannot read ${file}: ${why}. Name a YAML file with a ProfilePipeline, such as examples/shop.yaml.`);
    return undefined;
  }
}

function resultOf(file: string, loaded: Loaded, { effective }: ValidateOptions): object {
  if (!loaded.ok) return { file, ok: false, errors: loaded.errors };
  return { file, ok: true, ...(effective && { effective: effectivePipeline(loaded) }) };
}

function printText(file: string, loaded: Loaded, { effective }: ValidateOptions, terminal: Terminal): void {
  if (!loaded.ok) {
    for (const line of formatErrors(file, loaded.errors)) terminal.print(line);
    terminal.note(`${loaded.errors.length} ${loaded.errors.length === 1 ? 'error' : 'errors'} in ${file}`);
    return;
  }
  if (effective) terminal.print(stringify(effectivePipeline(loaded)).trimEnd());
  else terminal.print(`${file}: valid (${summaryOf(loaded)})`);
}

type Valid = Extract<Loaded, { readonly ok: true }>;

const effectivePipeline = ({ pipeline, effective }: Valid): object => ({ ...pipeline, spec: effective });

function summaryOf({ pipeline, effective: { events, features, models, preset } }: Valid): string {
  const names = [counted(events.length, 'event'), counted(features.length, 'feature'), counted(models.length, 'model')];
  return `pipeline ${pipeline.metadata.name}, preset ${preset}: ${names.join(', ')}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
