/** An image unpacked to a folder, and its processes run in it as a container would: nothing of this machine is seen. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeFolder } from '../../charts/images/folder.ts';
import type { Image } from '../../charts/images/image.ts';

interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

export interface Unpacked {
  readonly folder: string;
  /** `args` follow the entrypoint; without them, the command that the image has. */
  run(args?: readonly string[]): Promise<Ended>;
  remove(): void;
}

export async function unpack(image: Image): Promise<Unpacked> {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-unpacked-'));
  // The image's user is to enter what mkdtemp makes for its owner alone.
  chmodSync(folder, 0o755);
  for (const layer of image.layers) await writeFolder(folder, layer);
  // What a container runtime brings.
  writeFileSync(join(folder, 'etc/hosts'), '127.0.0.1 localhost\n192.0.2.7 kafka\n');
  return {
    folder,
    run: (args) => runIn(folder, image, args ?? image.config.Cmd),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * Root becomes the image's user; anybody else needs user namespaces to change the root folder, and stays who he is.
 * The path of this machine follows the image's, to find what changes the root folder; inside, it leads nowhere.
 */
function runIn(folder: string, { config }: Image, args: readonly string[]): Promise<Ended> {
  const isRoot = process.getuid?.() === 0;
  const change = isRoot
    ? ['chroot', `--userspec=${config.User}`, folder]
    : ['unshare', '--user', '--map-root-user', 'chroot', folder];
  const [program, ...rest] = [...change, ...config.Entrypoint, ...args];
  const { PATH: path, ...env } = Object.fromEntries(config.Env.map((pair) => pair.split('=') as [string, string]));
  return promisify(execFile)(program!, rest, { env: { ...env, PATH: `${path}:${process.env['PATH']}` } }).then(
    ({ stdout, stderr }) => ({ exitCode: 0, output: stdout + stderr }),
    (error: unknown) => {
      const { code, stdout, stderr } = error as { code: number | string; stdout: string; stderr: string };
      if (typeof code !== 'number') throw error;
      return { exitCode: code, output: stdout + stderr };
    },
  );
}
