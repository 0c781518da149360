/** Remembers how far a file has been replayed: which file, and the line reached. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LikenessError } from '../services/shared/errors.ts';

export interface Cursor {
  readonly file: string;
  /** Lines of the file that are settled. */
  readonly line: number;
}

/** 0 without a cursor or with that of another file, which `onNote` is told. Throws `BadData` for a damaged one. */
export function readCursor(cursorFile: string | undefined, file: string, onNote?: (note: string) => void): number {
  if (!cursorFile || !existsSync(cursorFile)) return 0;
  const { file: known, line } = parseCursor(readFileSync(cursorFile, 'utf8'), cursorFile);
  // Earlier versions wrote no file.
  if (known === undefined || known === resolve(file)) return line;
  onNote?.(`The cursor in ${cursorFile} is that of ${known}: ${file} is sent from its start`);
  return 0;
}

/** Written beside and renamed: a crash leaves the old cursor or the new one. */
export function writeCursor(cursorFile: string | undefined, { file, line }: Cursor): void {
  if (!cursorFile) return;
  writeFileSync(`${cursorFile}.new`, JSON.stringify({ file: resolve(file), line }));
  renameSync(`${cursorFile}.new`, cursorFile);
}

function parseCursor(text: string, cursorFile: string): { file?: string; line: number } {
  try {
    const cursor = JSON.parse(text) as { file?: string; line: number };
    if (Number.isInteger(cursor.line)) return cursor;
  } catch (cause) {
    throw damaged(cursorFile, cause);
  }
  throw damaged(cursorFile);
}

const damaged = (cursorFile: string, cause?: unknown): LikenessError =>
  new LikenessError('BadData', `The cursor in ${cursorFile} cannot be read: remove it to send the file again`, {
    cause,
  });
