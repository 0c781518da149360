/** The operator as its image has it: compiled. Stripping types at the start takes 40 MB that no pod has. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Compiled {
  /** Of the operator. */
  readonly main: string;
  remove(): void;
}

const root = join(import.meta.dirname, '../..');

export async function compileOperator(): Promise<Compiled> {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-bench-app-'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const args = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', folder];
  await promisify(execFile)(process.execPath, args).catch((cause: unknown) => {
    throw new Error(`The sources do not compile. ${(cause as { stdout?: string }).stdout}`, { cause });
  });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  return { main: join(folder, 'operator/main.js'), remove: () => rmSync(folder, { recursive: true }) };
}
