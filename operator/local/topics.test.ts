/** Topics that are made, and topics that are only looked for. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { specSchema } from '../../crds/pipeline.ts';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import type { Broker } from '../../services/shared/broker.ts';
import { planPipeline, type Plan } from '../plan.ts';
import { prepareTopics } from './topics.ts';

let folder: string;
let broker: Broker;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-topics-'));
  broker = await openEmbeddedBroker(folder);
});
afterEach(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

function planWith(topics: string, partitions = 3): Plan {
  const spec = specSchema.parse({ kafka: { bootstrapServers: 'k', partitions, topics } });
  return planPipeline({ namespace: 'default', name: 'shop', epoch: 1, spec });
}

it('are made where they are managed, and then are there for who does not make them', async () => {
  await prepareTopics(broker, planWith('Managed'));
  await prepareTopics(broker, planWith('Existing'));
  expect(await broker.offsets('default.shop.events-raw.e1')).toHaveLength(3);
});

it('are not made by who only looks', async () => {
  await expect(prepareTopics(broker, planWith('Existing'))).rejects.toMatchObject({ code: 'NotFound' });
});

it('are refused with other partitions', async () => {
  await prepareTopics(broker, planWith('Managed', 2));
  const refused = prepareTopics(broker, planWith('Existing'));
  await expect(refused).rejects.toMatchObject({ code: 'BadConfig' });
  await expect(refused).rejects.toThrow(/events-raw.e1 has 2 partitions, 3 are asked for/);
});
