/** A write-ahead log's folder in memory that can lose power and whose disk can fail. */
import type { LogFolder } from '../../services/shared/adapters/write-ahead-log-folder.ts';

type Fault = 'create' | 'write' | 'sync' | 'read' | 'truncate' | 'remove';

interface StoredFile {
  bytes: Buffer;
  /** What a power cut certainly leaves. */
  synced: number;
}

export interface BreakableFolder extends LogFolder {
  /** Operations that fail from now on, with the system's error code. */
  readonly faults: Map<Fault, string>;
  readonly files: Map<string, StoredFile>;
  /** What is found after a power cut: of each file's unsynced tail, a part. */
  afterPowerCut(keep: (unsynced: number) => number): BreakableFolder;
}

export function breakableFolder(files = new Map<string, StoredFile>()): BreakableFolder {
  const faults = new Map<Fault, string>();
  const check = (operation: Fault): void => {
    const code = faults.get(operation);
    if (code !== undefined) throw Object.assign(new Error(`${code}: ${operation}`), { code });
  };
  const file = (name: string): StoredFile => {
    const found = files.get(name);
    if (found === undefined) throw Object.assign(new Error(`ENOENT: ${name}`), { code: 'ENOENT' });
    return found;
  };
  return {
    faults,
    files,
    list: async () =>
      [...files.keys()]
        .filter((name) => name.endsWith('.wal'))
        .toSorted()
        .map((name) => ({ name, size: file(name).bytes.length })),
    create: async (name) => {
      check('create');
      const created: StoredFile = { bytes: Buffer.alloc(0), synced: 0 };
      files.set(name, created);
      return {
        write: async (bytes, position) => {
          // A full disk takes a part and then fails.
          const part = faults.has('write') ? bytes.subarray(0, bytes.length >> 1) : bytes;
          created.bytes = Buffer.concat([created.bytes.subarray(0, position), part]);
          check('write');
        },
        sync: async () => {
          await Promise.resolve();
          check('sync');
          created.synced = created.bytes.length;
        },
        truncate: async (size) => {
          check('truncate');
          created.bytes = created.bytes.subarray(0, size);
        },
        close: async () => undefined,
      };
    },
    read: async (name, from, to) => {
      check('read');
      return Buffer.from(file(name).bytes.subarray(from, to));
    },
    remove: async (name) => {
      check('remove');
      files.delete(name);
    },
    setAside: async (name) => {
      files.set(`${name}.damaged`, file(name));
      files.delete(name);
    },
    afterPowerCut: (keep) => {
      const left = [...files].map(([name, { bytes, synced }]): [string, StoredFile] => {
        const length = synced + keep(bytes.length - synced);
        return [name, { bytes: Buffer.from(bytes.subarray(0, length)), synced: length }];
      });
      return breakableFolder(new Map(left));
    },
  };
}
