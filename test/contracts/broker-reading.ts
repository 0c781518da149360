/** Part of the Broker contract: following a topic and reading a range. */
import { describe, expect, test, vi } from 'vitest';
import type { BrokerRecord } from '../../services/shared/broker.ts';
import { numbers, patience, textOf, type BrokerWorld } from './broker-world.ts';

export function readingContract(world: BrokerWorld): void {
  describe('following', () => {
    test('gives everything to each follower, says once when it has caught up, and goes on', async () => {
      const topic = await world.makeTopic(2);
      await world.send(topic, numbers(0, 5), 0);
      await world.send(topic, numbers(5, 10), 1);
      const seen: string[] = [];
      const caughtUp = vi.fn(() => seen.length);
      const follow = async () =>
        world.keep(
          await world.broker.follow({
            topic,
            onRecords: async (_, records) => void seen.push(...records.map(textOf)),
            onCaughtUp: caughtUp,
            onFatal: world.onFatal,
          }),
        );
      await follow();
      await vi.waitFor(() => expect(caughtUp).toHaveReturnedWith(10), patience);
      expect(seen.toSorted()).toEqual(numbers(0, 10));
      await world.send(topic, ['later']);
      await vi.waitFor(() => expect(seen).toHaveLength(11), patience);
      seen.length = 0;
      await follow();
      await vi.waitFor(() => expect(seen).toHaveLength(11), patience);
      await vi.waitFor(() => expect(caughtUp).toHaveBeenCalledTimes(2), patience);
    });

    test('has caught up at once with an empty topic, and with one that ends in a gap', async () => {
      const empty = await world.makeTopic(2);
      const gappy = await world.makeTopic(1, { compacted: true });
      await world.harness.appendThenGap(gappy, ['a', 'b']);
      for (const topic of [empty, gappy]) {
        const caughtUp = vi.fn();
        const onFatal = world.onFatal;
        world.keep(await world.broker.follow({ topic, onRecords: () => {}, onCaughtUp: caughtUp, onFatal }));
        await vi.waitFor(() => expect(caughtUp).toHaveBeenCalledTimes(1), patience);
      }
    });

    test('ends with onFatal when the follower fails', async () => {
      const topic = await world.makeTopic();
      await world.send(topic, ['a', 'b']);
      const onFatal = vi.fn();
      const bug = new Error('a bug');
      world.keep(await world.broker.follow({ topic, onRecords: () => Promise.reject(bug), onFatal }));
      await vi.waitFor(() => expect(onFatal).toHaveBeenCalledWith(bug), patience);
      expect(onFatal).toHaveBeenCalledTimes(1);
    });
  });

  describe('reading a range', () => {
    test('gives exactly that range, in order', async () => {
      const topic = await world.makeTopic(2);
      await world.send(topic, numbers(0, 1_000), 1);
      expect((await world.readAll(topic, 1, { from: 120, to: 700 })).map(textOf)).toEqual(numbers(120, 700));
      expect(await world.readAll(topic, 0, { from: 0, to: 10 })).toEqual([]);
      expect(await world.readAll(topic, 1, { from: 5, to: 5 })).toEqual([]);
    });

    test('ends at the end of the log, and where only a gap is left', async () => {
      const topic = await world.makeTopic(1, { compacted: true });
      await world.harness.appendThenGap(topic, ['a', 'b', 'c']);
      const { high } = (await world.broker.offsets(topic))[0]!;
      expect(high).toBeGreaterThan(3);
      expect((await world.readAll(topic, 0, { from: 1, to: high })).map(textOf)).toEqual(['b', 'c']);
      expect((await world.readAll(topic, 0, { from: 1, to: high + 100 })).map(textOf)).toEqual(['b', 'c']);
      expect(await world.readAll(topic, 0, { from: high - 1, to: high })).toEqual([]);
    });

    test('starts at the first record that is still held', async () => {
      const topic = await world.makeTopic(1, { retentionMs: 60_000 });
      await world.send(topic, numbers(0, 5));
      await world.harness.expire(topic);
      await vi.waitFor(async () => expect((await world.broker.offsets(topic))[0]!.low).toBe(5), patience);
      await world.send(topic, ['kept']);
      expect((await world.readAll(topic, 0, { from: 0, to: 6 })).map(textOf)).toEqual(['kept']);
      expect(await world.readAll(topic, 0, { from: 0, to: 5 })).toEqual([]);
    });

    test('can be left in the middle', async () => {
      const topic = await world.makeTopic();
      await world.producer.send(
        topic,
        Array.from({ length: 6 }, () => ({ partition: 0, value: Buffer.alloc(400_000) })),
      );
      let first: readonly BrokerRecord[] = [];
      for await (const records of world.broker.read({ topic, partition: 0, from: 0, to: 6 })) {
        first = records;
        break;
      }
      expect(first.length).toBeGreaterThan(0);
      expect(first.length).toBeLessThan(6);
    });
  });
}
