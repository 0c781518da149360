/** Part of the Broker contract: what is delivered, from where on, and when again. */
import { describe, expect, test, vi } from 'vitest';
import type { Batch, BrokerRecord } from '../../services/shared/broker.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import { ascending, numbers, patience, textOf, type BrokerWorld } from './broker-world.ts';

export function consumingContract(world: BrokerWorld): void {
  describe('consuming', () => {
    test('delivers every record of every partition in order, and says where the partition ends', async () => {
      const topic = await world.makeTopic(4);
      await Promise.all([0, 1, 2, 3].map((partition) => world.send(topic, numbers(0, 500), partition)));
      const seen = new Map<number, string[]>();
      let highest = 0;
      const onBatch = async ({ partition, records, highWatermark }: Batch) => {
        seen.set(partition, [...(seen.get(partition) ?? []), ...records.map(textOf)]);
        highest = Math.max(highest, highWatermark);
      };
      await world.consume({ topics: [topic], onBatch, maxBytesPerPartition: 2_000 });
      await vi.waitFor(
        () => expect([...seen.values()].map((list) => list.length)).toEqual([500, 500, 500, 500]),
        patience,
      );
      for (const list of seen.values()) expect(list).toEqual(numbers(0, 500));
      expect(highest).toBe(500);
    });

    test('delivers what is appended later', async () => {
      const topic = await world.makeTopic();
      const seen: string[] = [];
      await world.consume({ topics: [topic], onBatch: async ({ records }) => void seen.push(...records.map(textOf)) });
      await world.send(topic, ['a']);
      await vi.waitFor(() => expect(seen).toEqual(['a']), patience);
      await world.send(topic, ['b']);
      await vi.waitFor(() => expect(seen).toEqual(['a', 'b']), patience);
    });

    test('delivers a record larger than maxBytesPerPartition', async () => {
      const topic = await world.makeTopic();
      await world.producer.send(topic, [{ partition: 0, value: Buffer.alloc(900_000, 7) }]);
      await world.send(topic, ['after']);
      const sizes: number[] = [];
      const onBatch = async ({ records }: Batch) => void sizes.push(...records.map(({ value }) => value!.length));
      await world.consume({ topics: [topic], onBatch, maxBytesPerPartition: 64 * 1024 });
      await vi.waitFor(() => expect(sizes).toEqual([900_000, 5]), patience);
    });

    test('delivers the same batch again after the handler rejected, and skips nothing', async () => {
      const topic = await world.makeTopic();
      await world.send(topic, ['a', 'b', 'c']);
      const starts: number[] = [];
      const seen: string[] = [];
      const told: unknown[] = [];
      const onBatch = async ({ records }: Batch) => {
        starts.push(records[0]!.offset);
        if (starts.length <= 2) throw new Error('not now');
        seen.push(...records.map(textOf));
      };
      await world.consume({ topics: [topic], onBatch, onRetry: (error) => told.push(error) });
      await vi.waitFor(() => expect(seen).toEqual(['a', 'b', 'c']), patience);
      expect(starts.slice(0, 3)).toEqual([0, 0, 0]);
      expect(told).toHaveLength(2);
    });

    test('calls the handler for one batch of a partition at a time', async () => {
      const topic = await world.makeTopic();
      await world.send(topic, numbers(0, 400));
      let running = 0;
      let most = 0;
      let count = 0;
      const onBatch = async ({ records }: Batch) => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
        count += records.length;
      };
      await world.consume({ topics: [topic], onBatch, maxBytesPerPartition: 500 });
      await vi.waitFor(() => expect(count).toBe(400), patience);
      expect(most).toBe(1);
    });

    test('starts where onAssigned says', async () => {
      const topic = await world.makeTopic(2);
      await world.send(topic, numbers(0, 10), 0);
      await world.send(topic, numbers(0, 10), 1);
      const seen: string[] = [];
      const asked: number[] = [];
      await world.consume({
        topics: [topic],
        onAssigned: async (_, partition) => {
          asked.push(partition);
          return partition === 0 ? 7 : 10;
        },
        onBatch: async ({ partition, records }) =>
          void seen.push(...records.map((record) => `${partition}:${textOf(record)}`)),
      });
      await vi.waitFor(() => expect(seen).toEqual(['0:7', '0:8', '0:9']), patience);
      await world.send(topic, ['next'], 1);
      await vi.waitFor(() => expect(seen.at(-1)).toBe('1:next'), patience);
      expect(ascending(asked)).toEqual([0, 1]);
    });

    test('asks onAssigned again after a retryable failure', async () => {
      const topic = await world.makeTopic();
      await world.send(topic, numbers(0, 3));
      let calls = 0;
      const seen: string[] = [];
      await world.consume({
        topics: [topic],
        onAssigned: async () => {
          if (++calls < 3) throw new LikenessError('StoreUnavailable', 'The store is away.', { retryable: true });
          return 1;
        },
        onBatch: async ({ records }) => void seen.push(...records.map(textOf)),
      });
      await vi.waitFor(() => expect(seen).toEqual(['1', '2']), patience);
    });

    test('ends with onFatal when onAssigned fails for good', async () => {
      const topic = await world.makeTopic();
      const onFatal = vi.fn();
      const bug = new Error('a bug');
      const onAssigned = () => Promise.reject(bug);
      await world.consume({ topics: [topic], onAssigned, onFatal, onBatch: async () => {} });
      await vi.waitFor(() => expect(onFatal).toHaveBeenCalledWith(bug), patience);
    });

    test('stops loudly at a position behind the end of the log', async () => {
      const topic = await world.makeTopic();
      await world.send(topic, ['a']);
      const onFatal = vi.fn();
      const onBatch = vi.fn(async () => {});
      await world.consume({ topics: [topic], onAssigned: async () => 5, onFatal, onBatch });
      const expected = expect.objectContaining({ code: 'LogAheadOfTopic' });
      await vi.waitFor(() => expect(onFatal).toHaveBeenCalledWith(expected), patience);
      expect(onBatch).not.toHaveBeenCalled();
    });

    test('stops loudly at a position before the start of the log', async () => {
      const topic = await world.makeTopic(1, { retentionMs: 60_000 });
      await world.send(topic, ['a', 'b', 'c']);
      await world.harness.expire(topic);
      await vi.waitFor(async () => expect((await world.broker.offsets(topic))[0]!.low).toBe(3), patience);
      await world.send(topic, ['d']);
      const onFatal = vi.fn();
      const onBatch = vi.fn(async () => {});
      await world.consume({ topics: [topic], onAssigned: async () => 1, onFatal, onBatch });
      await vi.waitFor(
        () => expect(onFatal).toHaveBeenCalledWith(expect.objectContaining({ code: 'LogGap' })),
        patience,
      );
      expect(onBatch).not.toHaveBeenCalled();
    });

    test('without a position starts at the first record that is held', async () => {
      const topic = await world.makeTopic(1, { retentionMs: 60_000 });
      await world.send(topic, ['a', 'b', 'c']);
      await world.harness.expire(topic);
      await vi.waitFor(async () => expect((await world.broker.offsets(topic))[0]!.low).toBe(3), patience);
      await world.send(topic, ['d']);
      const seen: BrokerRecord[] = [];
      await world.consume({ topics: [topic], onBatch: async ({ records }) => void seen.push(...records) });
      await vi.waitFor(() => expect(seen.map(({ offset }) => offset)).toEqual([3]), patience);
    });

    test('passes over offsets that hold no record', async () => {
      const topic = await world.makeTopic(1, { compacted: true });
      await world.harness.appendThenGap(topic, ['a', 'b']);
      const seen: string[] = [];
      await world.consume({ topics: [topic], onBatch: async ({ records }) => void seen.push(...records.map(textOf)) });
      await vi.waitFor(() => expect(seen).toEqual(['a', 'b']), patience);
      await world.send(topic, ['c']);
      await vi.waitFor(() => expect(seen).toEqual(['a', 'b', 'c']), patience);
    });
  });
}
