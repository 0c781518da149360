/** The files of a write-ahead log: one folder, one file a segment, named so that their order is the order of writing. */
import { type FileHandle, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

export interface SegmentFile {
  /** Writes all bytes at a position, or rejects. */
  write(bytes: Buffer, position: number): Promise<void>;
  /** Resolves when everything written is on the disk. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** The port that tests break on purpose. Every method rejects with the system's own error. */
export interface LogFolder {
  /** Names of the segments, oldest first, with their sizes in bytes. */
  list(): Promise<{ readonly name: string; readonly size: number }[]>;
  /** A new file, its name already on the disk. */
  create(name: string): Promise<SegmentFile>;
  /** The bytes from `from` up to `to`, fewer if the file is shorter. */
  read(name: string, from: number, to: number): Promise<Buffer>;
  remove(name: string): Promise<void>;
  /** Keeps a damaged file for a person to look at, out of the log. */
  setAside(name: string): Promise<void>;
}

const suffix = '.wal';
export const segmentName = (sequence: number): string => `${String(sequence).padStart(16, '0')}${suffix}`;
export const sequenceOf = (name: string): number => Number(name.slice(0, -suffix.length));

/** Makes the folder if there is none. One process at a time may use it. */
export async function openLogFolder(path: string): Promise<LogFolder> {
  await mkdir(path, { recursive: true });
  const at = (name: string) => join(path, name);
  return {
    list: async () => {
      const names = (await readdir(path)).filter((name) => /^\d{16}\.wal$/.test(name)).toSorted();
      return Promise.all(names.map(async (name) => ({ name, size: (await stat(at(name))).size })));
    },
    create: async (name) => {
      const handle = await open(at(name), 'wx');
      await syncFolder(path);
      return segmentFile(handle);
    },
    read: async (name, from, to) => {
      const handle = await open(at(name), 'r');
      try {
        return await readRange(handle, from, to);
      } finally {
        await handle.close();
      }
    },
    remove: (name) => unlink(at(name)),
    setAside: (name) => rename(at(name), at(`${name}.damaged`)),
  };
}

function segmentFile(handle: FileHandle): SegmentFile {
  return {
    write: async (bytes, position) => {
      for (let written = 0; written < bytes.length;) {
        const rest = bytes.length - written;
        written += (await handle.write(bytes, written, rest, position + written)).bytesWritten;
      }
    },
    sync: () => handle.datasync(),
    truncate: (size) => handle.truncate(size),
    close: () => handle.close(),
  };
}

async function readRange(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** A file's name is only safe once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
