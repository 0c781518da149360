/** A real S3 server on loopback, on a folder of its own. */
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../operator/local/free-port.ts';
import type { Authority } from '../authority.ts';
import { OwnedProcess } from '../owned-process.ts';
import { ensureS3 } from './ensure-s3.ts';

interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface RunningS3 {
  readonly endpoint: string;
  /** Made, and empty. */
  readonly bucket: string;
  /** A folder as a Secret with its keys is mounted. */
  readonly credentials: string;
  /** Where the objects of the bucket lie as files. */
  readonly folder: string;
  /** Same address, same objects, other keys; the folder of the credentials still has the old ones. */
  exchangeKeys(keys: S3Keys): Promise<void>;
  /** As a Secret that was changed shows up in a pod. */
  writeCredentials(keys: S3Keys): void;
  /** Cuts an object to half of its bytes, as a disk does that lost some. */
  damage(key: string): void;
  kill(): Promise<void>;
  /** After `kill`. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const firstKeys: S3Keys = { accessKeyId: 'likeness', secretAccessKey: 'first-secret-of-the-tests' };
const bucket = 'models';

export async function startS3(authority?: Authority): Promise<RunningS3> {
  const path = await ensureS3((text) => console.log(`test bed: ${text}`));
  const dir = mkdtempSync(join(tmpdir(), 'likeness-s3-'));
  const folder = join(dir, 'data', bucket);
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const tls = authority ? ['--cert', authority.cert, '--key', authority.key] : [];
  const serverOf = ({ accessKeyId, secretAccessKey }: S3Keys) =>
    new OwnedProcess({
      name: 'S3',
      command: path,
      args: [
        `--port=127.0.0.1:${port}`,
        `--access=${accessKeyId}`,
        `--secret=${secretAccessKey}`,
        '--quiet',
        ...tls,
        'posix',
        join(dir, 'data'),
      ],
      logFile: join(dir, 's3.log'),
      isReady: () => listens(port),
    });
  const credentials = join(dir, 'credentials');
  writeCredentials(credentials, firstKeys);
  let server = serverOf(firstKeys);
  await server.start();
  return {
    endpoint: `${authority ? 'https' : 'http'}://127.0.0.1:${port}`,
    bucket,
    credentials,
    folder,
    exchangeKeys: async (keys) => {
      await server.stop();
      server = serverOf(keys);
      await server.start();
    },
    writeCredentials: (keys) => writeCredentials(credentials, keys),
    damage: (key) => truncateSync(join(folder, key), 3),
    kill: () => server.kill(),
    start: () => server.start(),
    stop: async () => {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function writeCredentials(folder: string, { accessKeyId, secretAccessKey }: S3Keys): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'access-key-id'), accessKeyId);
  writeFileSync(join(folder, 'secret-access-key'), `${secretAccessKey}\n`);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (isReady: boolean) => {
      socket.destroy();
      resolve(isReady);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}
