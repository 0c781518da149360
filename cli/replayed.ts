/** Remembers which dead letters went through ingest again, so that the next replay leaves them out. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

interface Replayed {
  has(source: string): boolean;
  /** Written before the next letter is sent. */
  add(source: string): void;
}

/**
 * `file` holds one source a line, as JSON; absent: nothing is remembered. Whatever a crash cut off matches no source:
 * that letter is sent once more.
 */
export function openReplayed(file: string | undefined): Replayed {
  const known = new Set(file !== undefined && existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []);
  return {
    has: (source) => known.has(JSON.stringify(source)),
    add: (source) => {
      const line = JSON.stringify(source);
      if (known.has(line)) return;
      known.add(line);
      // The line break comes first: it parts this line from one that was cut off.
      if (file !== undefined) appendFileSync(file, `\n${line}`);
    },
  };
}
