/** PyTorch for comparison: installed once into a virtual environment of the cache, fed with the same weights and batches. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { nativeHome } from '../../services/shared/adapters/tensor/open.ts';
import type { ModelName, TimedModel } from './exercises.ts';
import { type Timed, warmSteps } from './time-steps.ts';

const run = promisify(execFile);

const requirements = join(import.meta.dirname, 'requirements.txt');

/** Its Python. Cold several minutes: the package brings CUDA along, which is not used. */
export async function ensurePytorch(note: (line: string) => void): Promise<string> {
  const version = /torch==([\w.]+)/.exec(readFileSync(requirements, 'utf8'))![1]!;
  const folder = join(dirname(nativeHome(process.env)), 'bench', `torch-${version}`);
  const python = join(folder, 'bin/python');
  if (existsSync(python)) return python;
  note(`installing torch ${version} from PyPI, some 3 GB`);
  const partial = `${folder}.${process.pid}`;
  mkdirSync(dirname(folder), { recursive: true });
  try {
    await run('python3', ['-m', 'venv', partial]);
    await run(join(partial, 'bin/python'), ['-m', 'pip', 'install', '-q', '-r', requirements]);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return python;
}

export async function timePytorch(
  python: string,
  name: ModelName,
  { model, seconds }: { readonly model: TimedModel; readonly seconds: number },
): Promise<Timed> {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-pytorch-'));
  try {
    writeModel(folder, model);
    const script = join(import.meta.dirname, 'pytorch.py');
    const { stdout } = await run(python, [script, folder, name, String(seconds), String(warmSteps)]);
    return JSON.parse(stdout) as Timed;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeModel(folder: string, { program, initial, batches, size }: TimedModel): void {
  const { variables, inputs } = program;
  const about = { variables, inputs, batches: batches.length, size };
  writeFileSync(join(folder, 'about.json'), JSON.stringify(about));
  for (const [name, values] of initial) writeFileSync(join(folder, `initial.${name}`), values);
  for (const [at, batch] of batches.entries())
    for (const [name, values] of Object.entries(batch)) writeFileSync(join(folder, `${at}.${name}`), values);
}
