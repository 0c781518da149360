/** Kubeconfigs: one cluster, one user. */
import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';

export type KubeconfigUser =
  | { readonly cert: string; readonly key: string }
  | {
      /** Of a ServiceAccount. */
      readonly token: string;
    };

export interface KubeconfigCluster {
  readonly url: string;
  /** PEM. */
  readonly ca: string;
}

export function writeKubeconfig(path: string, { url, ca }: KubeconfigCluster, user: KubeconfigUser): void {
  const credentials =
    'token' in user
      ? { token: user.token }
      : { 'client-certificate-data': base64(user.cert), 'client-key-data': base64(user.key) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'testbed', cluster: { server: url, 'certificate-authority-data': base64(ca) } }],
    users: [{ name: 'user', user: credentials }],
    contexts: [{ name: 'testbed', context: { cluster: 'testbed', user: 'user' } }],
    'current-context': 'testbed',
  };
  writeFileSync(path, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
