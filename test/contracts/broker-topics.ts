/** Part of the Broker contract: creating and deleting. */
import { describe, expect, test, vi } from 'vitest';
import type { BrokerRecord } from '../../services/shared/broker.ts';
import { unique } from '../testbed/unique.ts';
import { patience, textOf, type BrokerWorld } from './broker-world.ts';

export function topicsContract(world: BrokerWorld): void {
  describe('topics', () => {
    test('start at offset 0 and know where they end', async () => {
      const topic = await world.makeTopic(2);
      await world.send(topic, ['a', 'b', 'c'], 1);
      expect(await world.broker.offsets(topic)).toEqual([
        { partition: 0, low: 0, high: 0 },
        { partition: 1, low: 0, high: 3 },
      ]);
    });

    test('are created again without harm, and refused with other partitions', async () => {
      const topic = await world.makeTopic(2);
      await world.broker.createTopics([{ name: topic, partitions: 2 }]);
      await expect(world.broker.createTopics([{ name: topic, partitions: 3 }])).rejects.toMatchObject({
        code: 'BadConfig',
      });
    });

    test('that are missing are NotFound', async () => {
      const missing = unique('missing');
      const onBatch = async () => {};
      const onFatal = () => {};
      await expect(world.broker.offsets(missing)).rejects.toMatchObject({ code: 'NotFound' });
      await expect(world.broker.deleteTopics([missing])).rejects.toMatchObject({ code: 'NotFound' });
      await expect(world.broker.consume({ group: 'g', topics: [missing], onBatch, onFatal })).rejects.toMatchObject({
        code: 'NotFound',
      });
      await expect(world.broker.follow({ topic: missing, onRecords: onBatch, onFatal })).rejects.toMatchObject({
        code: 'NotFound',
      });
    });

    test('deleted and created again hold nothing of the old log, and no position of a group', async () => {
      const topic = await world.makeTopic();
      const group = unique('g');
      await world.send(topic, ['old', 'older', 'oldest']);
      const seen: BrokerRecord[] = [];
      const first = await world.consume({
        group,
        topics: [topic],
        onBatch: async ({ records }) => void seen.push(...records),
      });
      await vi.waitFor(() => expect(seen).toHaveLength(3), patience);
      await first.commit(topic, 0, 3);
      await first.close();
      await world.broker.deleteTopics([topic]);
      await expect(world.broker.offsets(topic)).rejects.toMatchObject({ code: 'NotFound' });
      await world.broker.createTopics([{ name: topic, partitions: 1 }]);
      expect(await world.broker.offsets(topic)).toEqual([{ partition: 0, low: 0, high: 0 }]);
      expect(await world.broker.committed(group, topic)).toEqual(new Map());
      await world.send(topic, ['new']);
      const again: BrokerRecord[] = [];
      await world.consume({ group, topics: [topic], onBatch: async ({ records }) => void again.push(...records) });
      await vi.waitFor(() => expect(again.map(textOf)).toEqual(['new']), patience);
      expect(again[0]!.timestamp).toBeGreaterThanOrEqual(seen[2]!.timestamp);
    });
  });
}
