import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { withCluster } from './connect.ts';

test('what client-node makes up where there is no kubeconfig is no cluster', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-cli-'));
  const kubeconfig = join(folder, 'config');
  const made = new KubeConfig();
  made.loadFromClusterAndUser(
    { name: 'cluster', server: 'http://localhost:8080', skipTLSVerify: false },
    { name: 'user' },
  );
  writeFileSync(kubeconfig, made.exportConfig());
  const connecting = withCluster({ kubeconfig, version: '1' }, async () => 'reached');
  await expect(connecting).rejects.toMatchObject({ code: 'Usage', message: /Set KUBECONFIG/ });
  rmSync(folder, { recursive: true });
});
