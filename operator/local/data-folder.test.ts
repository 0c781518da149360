import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadPipeline } from '../../crds/load.ts';
import { type Plan, planPipeline } from '../plan.ts';
import { checkDataFolder, describeDataFolder, readDataFolder } from './data-folder.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'likeness-data-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const loaded = loadPipeline(readFileSync(join(import.meta.dirname, '../../examples/shop.yaml'), 'utf8'));
if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
const { effective } = loaded;

function planWith({ kafka, ...id }: { name?: string; namespace?: string; epoch?: number; kafka?: string }): Plan {
  const onKafka = kafka !== undefined && {
    kafka: {
      bootstrapServers: kafka,
      partitions: 4,
      replicationFactor: 1,
      retention: '1h',
      topics: 'Managed' as const,
    },
  };
  const spec = { ...effective, ...onKafka };
  return planPipeline({ namespace: 'default', name: 'shop', epoch: 1, ...id, spec });
}

const shop = planWith({});

it('takes the same pipeline again, and a folder that is nobody’s', () => {
  checkDataFolder(folder, shop);
  describeDataFolder(folder, shop);
  checkDataFolder(folder, shop);
  expect(readDataFolder(folder).pipeline).toEqual(shop.pipeline);
});

it.each([
  ['name', planWith({ name: 'films' })],
  ['namespace', planWith({ namespace: 'other' })],
  ['epoch', planWith({ epoch: 2 })],
  ['broker', planWith({ kafka: '127.0.0.1:9092' })],
])('refuses a pipeline of another %s, and says what to do', (_what, other) => {
  describeDataFolder(folder, shop);
  expect(() => checkDataFolder(folder, other)).toThrow(/belongs to pipeline default\/shop.*--data/);
});
