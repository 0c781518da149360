/** One pipeline a data folder: a second process would share its log positions and fight over them. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LikenessError } from '../../services/shared/errors.ts';

/** Returns the function that gives the folder back. Throws `BadConfig` if a living process holds it. */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const file = join(dataDir, 'lock');
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (create(file)) return () => rmSync(file, { force: true });
    const holder = holderOf(file);
    if (holder !== undefined && holder !== process.pid && isAlive(holder))
      throw inUse(dataDir, file, `process ${holder}`);
    // Its process is gone, or has not written its id yet, in which case the next round may see it.
    if (holder !== undefined || attempt > 0) removeStale(file, holder);
  }
  throw inUse(dataDir, file, 'a process that starts at the same time');
}

const attempts = 5;

/** False if the file is there already. */
function create(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined: no process is named there. */
function holderOf(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return pid > 0 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Moved aside before it is removed: another process may have put its own in this place in the meantime. */
function removeStale(file: string, holder: number | undefined): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (holderOf(aside) === holder) rmSync(aside, { force: true });
  else renameSync(aside, file);
}

function inUse(dataDir: string, file: string, holder: string): LikenessError {
  const advice = 'stop it, or choose another folder with --data';
  return new LikenessError('BadConfig', `${dataDir} is in use by ${holder}: ${advice} (lock file ${file})`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
