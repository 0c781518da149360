/** The Broker contract on the embedded log, and what only the embedded log does. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerHarness } from '../../../test/contracts/broker-world.ts';
import { brokerContract } from '../../../test/contracts/broker.ts';
import { acquireLog } from './embedded/embedded-log.ts';
import { openEmbeddedBroker } from './embedded-broker.ts';

const hour = 3600 * 1000;

brokerContract('embedded log', async (): Promise<BrokerHarness> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'likeness-log-'));
  const folder = join(dataDir, 'log');
  let shift = 0;
  const options = { now: () => Date.now() + shift };
  const { log, release } = await acquireLog(folder, options);
  return {
    address: { dataDir, clientId: 'child' },
    open: () => openEmbeddedBroker(folder, options),
    appendThenGap: async (topic, values) => {
      const broker = await openEmbeddedBroker(folder, options);
      const producer = await broker.producer();
      const value = Buffer.from('lost');
      await producer.send(
        topic,
        values.map((text) => ({ partition: 0, key: text, value: Buffer.from(text) })),
      );
      await producer.send(
        topic,
        Array.from({ length: 1_100 }, () => ({ partition: 0, key: 'lost', value })),
      );
      await producer.send(topic, [{ partition: 0, key: 'lost', value: null }]);
      shift += 25 * hour;
      await log.upkeep();
      await broker.close();
    },
    expire: async () => {
      shift += hour;
      await log.upkeep();
    },
    close: async () => {
      await release();
      rmSync(dataDir, { recursive: true });
    },
  };
});
