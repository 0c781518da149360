/** Whose models a laptop trusts: its own key first, then those of the spec. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { specSchema } from '../../crds/pipeline.ts';
import { readTrustedKeys } from '../../services/shared/adapters/trusted-keys.ts';
import { generateSigningKey } from '../../services/shared/learning/signing.ts';
import { planPipeline } from '../plan.ts';
import { instanceEnv, workloadOf } from './environment.ts';
import { ensureKeys, withTrustedKeys } from './keys.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'likeness-keys-'))));
afterEach(() => rmSync(folder, { recursive: true }));

it('are all named to serving, the pipeline’s own first', () => {
  const others = [generateSigningKey().publicPem, generateSigningKey().publicPem];
  const own = ensureKeys(folder);
  const keys = withTrustedKeys(folder, own, others);
  const plan = planPipeline({ namespace: 'default', name: 'shop', epoch: 1, spec: specSchema.parse({}) });
  const settings = { dataDir: folder, host: '127.0.0.1', port: 0, logLevel: 'warn' };
  const files = instanceEnv(workloadOf(plan, 'serving'), settings, keys)['LIKENESS_TRUSTED_KEYS']!.split(',');
  expect(files[0]).toBe(own.trustedKeyFile);
  const read = readTrustedKeys(files).map((key) => key.export({ type: 'spki', format: 'pem' }));
  expect(read.slice(1)).toEqual(others);
  expect(instanceEnv(workloadOf(plan, 'serving'), settings, own)['LIKENESS_TRUSTED_KEYS']).toBe(own.trustedKeyFile);
});
