import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findCluster } from './cluster-access.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-account-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('is the account of the pod, read anew each time, with an address of either family', async () => {
  writeFileSync(join(folder, 'token'), 'one\n');
  writeFileSync(join(folder, 'ca.crt'), 'authority');
  const access = (await findCluster({ serviceHost: 'fd00::1', servicePort: '6443', accountFolder: folder }))();
  expect(access.getCurrentCluster()).toEqual({ server: 'https://[fd00::1]:6443' });
  const read = async () => {
    const options: RequestOptions = {};
    await access.applyToHTTPSOptions(options);
    return [String(options.ca), options.headers];
  };
  expect(await read()).toEqual(['authority', { Authorization: 'Bearer one' }]);
  writeFileSync(join(folder, 'token'), 'two');
  expect(await read()).toEqual(['authority', { Authorization: 'Bearer two' }]);
  const plain = (await findCluster({ serviceHost: '10.96.0.1', accountFolder: folder }))();
  expect(plain.getCurrentCluster()?.server).toBe('https://10.96.0.1:443');
});

it('is what KUBECONFIG says where that is set, in a pod too', async () => {
  const kubeconfig = join(folder, 'config');
  writeFileSync(join(folder, 'token'), 'one');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://elsewhere:1' } }],
      users: [{ name: 'u', user: { token: 't' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  vi.stubEnv('KUBECONFIG', kubeconfig);
  const load = await findCluster({ kubeconfig, serviceHost: '10.96.0.1', accountFolder: folder });
  expect(load().getCurrentCluster()?.server).toBe('https://elsewhere:1');
  expect(load()).not.toBe(load());
});
