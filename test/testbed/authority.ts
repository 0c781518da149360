/** A certificate authority of a test, and a certificate for servers on loopback that it has signed. Made by openssl. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface Authority {
  /** PEM: what a client must trust. */
  readonly ca: string;
  /** PEM files of a server on 127.0.0.1 and localhost; `pair` holds both. */
  readonly cert: string;
  readonly key: string;
  readonly pair: string;
}

export async function createAuthority(folder: string): Promise<Authority> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The system's own settings would make every certificate an authority.
  writeFileSync(join(folder, 'openssl.cnf'), '[req]\ndistinguished_name = subject\n[subject]\n');
  await openssl(folder, 'ca', ['-subj', '/CN=test authority', '-addext', 'basicConstraints=critical,CA:TRUE']);
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE'];
  await openssl(folder, 'server', ['-subj', '/CN=localhost', '-CA', 'ca.crt', '-CAkey', 'ca.key', ...names]);
  const [ca, cert, key, pair] = ['ca.crt', 'server.crt', 'server.key', 'server.pem'].map((name) => join(folder, name));
  writeFileSync(pair!, readFileSync(key!, 'utf8') + readFileSync(cert!, 'utf8'), { mode: 0o600 });
  return { ca: ca!, cert: cert!, key: key!, pair: pair! };
}

async function openssl(folder: string, name: string, args: readonly string[]): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  const out = ['-out', `${name}.crt`, '-days', '30', '-config', 'openssl.cnf'];
  await promisify(execFile)('openssl', ['req', '-x509', ...key, ...out, ...args], { cwd: folder });
}
