/** A person's wish for a training on this machine: a file of the data folder, where a cluster has an annotation. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const wishFile = (dataDir: string): string => join(dataDir, 'retrain');

/** What `likeness retrain --data` writes: the moment tells two wishes apart. Milliseconds since 1970. */
export function askToTrain(dataDir: string, now: number): void {
  writeFileSync(wishFile(dataDir), `${new Date(now).toISOString()}\n`);
}

/** undefined: nobody has ever asked. */
export function trainingWish(dataDir: string): string | undefined {
  const file = wishFile(dataDir);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined;
}
