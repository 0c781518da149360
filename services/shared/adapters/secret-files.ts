/** Reads secrets from files as Kubernetes mounts them: at each use, so that a rotated Secret takes effect by itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaSource, CredentialsSource } from '../connections.ts';
import { LikenessError } from '../errors.ts';

export interface Credentials {
  readonly username: string | undefined;
  readonly password: string;
}

/** Throws `BadConfig` naming the file, never what it holds. */
export function readCredentials(source: CredentialsSource, setting: string): Credentials {
  if (!('folder' in source)) return { username: source.username, password: source.password };
  return {
    username: readOptional(join(source.folder, 'username')),
    password: readSecret(join(source.folder, 'password'), setting),
  };
}

/** PEM. Throws `BadConfig`. */
export function readCa(source: CaSource, setting: string): string {
  if ('pem' in source) return source.pem;
  const pem = readSecret(source.file, setting);
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new LikenessError('BadConfig', `${setting}: ${source.file} holds no certificate in PEM`);
}

/** Where credentials come from, for messages. */
export function placeOf(source: CredentialsSource, setting: string): string {
  return 'folder' in source ? `${setting}, ${source.folder}` : setting;
}

/** undefined: there is no such file, or nothing is in it. Throws `BadConfig`. */
export function readOptional(path: string): string | undefined {
  try {
    return withoutNewline(readFileSync(path, 'utf8')) || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LikenessError('BadConfig', `${path} cannot be read`, { cause: error });
  }
}

/** Throws `BadConfig` naming the setting and the file. */
export function readSecret(path: string, setting: string): string {
  let text: string;
  try {
    text = withoutNewline(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new LikenessError('BadConfig', `${setting}: ${path} cannot be read`, { cause });
  }
  if (text !== '') return text;
  throw new LikenessError('BadConfig', `${setting}: ${path} is empty`);
}

/** Editors and `echo` end a file with one, and no password does. */
const withoutNewline = (text: string): string => text.replace(/\r?\n$/, '');
