/** Reads what has been added to log files since the last look. */
import { existsSync, readFileSync } from 'node:fs';

export interface FollowedLogs {
  /** Whole lines, of all files. */
  next(): string[];
}

export function followLogs(files: readonly string[]): FollowedLogs {
  const read = new Map<string, number>();
  return {
    next: () =>
      files.flatMap((file) => {
        if (!existsSync(file)) return [];
        const text = readFileSync(file, 'utf8');
        const from = read.get(file) ?? 0;
        const end = text.lastIndexOf('\n') + 1;
        read.set(file, Math.max(from, end));
        return text.slice(from, end).split('\n').slice(0, -1);
      }),
  };
}
