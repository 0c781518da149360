/** The certificates of one control plane: three authorities and what they sign, made by openssl in a second. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ClientIdentity } from './types.ts';

export interface Certificate {
  readonly name: string;
  readonly authority: string;
  readonly subject: string;
  readonly usage: string;
  readonly names?: string;
}

const authorities = ['ca', 'etcd-ca', 'front-proxy-ca'];
const loopback = 'DNS:localhost,IP:127.0.0.1';
const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];

/** `system:masters` may do everything. */
const certificates: readonly Certificate[] = [
  { name: 'etcd', authority: 'etcd-ca', subject: '/CN=etcd', usage: 'serverAuth,clientAuth', names: loopback },
  { name: 'apiserver-etcd', authority: 'etcd-ca', subject: '/CN=kube-apiserver', usage: 'clientAuth' },
  { name: 'front-proxy', authority: 'front-proxy-ca', subject: '/CN=front-proxy-client', usage: 'clientAuth' },
  client('apiserver-kubelet', '/O=system:masters/CN=kube-apiserver-kubelet-client'),
  client('admin', '/O=system:masters/CN=kubernetes-admin'),
  client('controller-manager', '/CN=system:kube-controller-manager'),
  client('scheduler', '/CN=system:kube-scheduler'),
  client('kwok', '/O=system:masters/CN=system:kwok'),
];

/** The parts that answer on a port of their own serve with the same certificate that they ask with. */
function client(name: string, subject: string): Certificate {
  return { name, authority: 'ca', subject, usage: 'clientAuth,serverAuth', names: loopback };
}

function apiServer(addresses: readonly string[]): Certificate {
  const names = [loopback, ...addresses.map((address) => `IP:${address}`), ...service.map((name) => `DNS:${name}`)];
  return {
    name: 'apiserver',
    authority: 'ca',
    subject: '/CN=kube-apiserver',
    usage: 'serverAuth',
    names: names.join(','),
  };
}

/**
 * Writes `<name>.crt` and `<name>.key` into `folder`, and the key pair that signs tokens, `tokens.key` and `.pub`.
 * `addresses`: where the API server is asked, beside loopback.
 */
export async function issueCertificates(folder: string, addresses: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Debian's own settings would make every certificate an authority.
  writeFileSync(join(folder, 'openssl.cnf'), '[req]\ndistinguished_name = subject\n[subject]\n');
  await Promise.all(authorities.map((name) => openssl(folder, name, authorityArgs(name))));
  await Promise.all(
    [...certificates, apiServer(addresses)].map((certificate) => issueCertificate(folder, certificate)),
  );
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(join(folder, 'tokens.key'), privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  writeFileSync(join(folder, 'tokens.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
}

/** By an authority that `folder` has the key of. */
export async function issueCertificate(folder: string, certificate: Certificate): Promise<void> {
  await openssl(folder, certificate.name, signedArgs(certificate));
}

export function readIdentity(folder: string, name: string): ClientIdentity {
  const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

async function openssl(folder: string, name: string, args: readonly string[]): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  const out = ['-out', `${name}.crt`, '-days', '30', '-config', 'openssl.cnf'];
  await promisify(execFile)('openssl', ['req', '-x509', ...key, ...out, ...args], { cwd: folder });
}

function authorityArgs(name: string): string[] {
  const usage = 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature';
  return ['-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', usage];
}

function signedArgs({ authority, subject, usage, names }: Certificate): string[] {
  const extensions = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature'];
  extensions.push(`extendedKeyUsage=${usage}`, ...(names ? [`subjectAltName=${names}`] : []));
  const signer = ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`];
  return ['-subj', subject, ...signer, ...extensions.flatMap((extension) => ['-addext', extension])];
}
