/** Part of the Broker contract: consumers that share a group. */
import { describe, expect, test, vi } from 'vitest';
import type { Consumer } from '../../services/shared/broker.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import { unique } from '../testbed/unique.ts';
import { ascending, numbers, patience, textOf, type BrokerWorld } from './broker-world.ts';

export function groupsContract(world: BrokerWorld): void {
  describe('two consumers of one group', () => {
    interface Member {
      readonly consumer: Consumer;
      readonly owned: Set<number>;
      readonly seen: string[];
    }
    async function join(topic: string, group: string): Promise<Member> {
      const owned = new Set<number>();
      const seen: string[] = [];
      const on = await world.another();
      const consumer: Consumer = await world.consume(
        {
          group,
          topics: [topic],
          onAssigned: async (_, partition) => void owned.add(partition),
          onRevoked: (partitions) => partitions.forEach(({ partition }) => owned.delete(partition)),
          onBatch: async (batch) => {
            const { partition, records } = batch;
            if (batch.isStale()) return;
            seen.push(...records.map(textOf));
            await consumer.commit(topic, partition, records.at(-1)!.offset + 1);
          },
        },
        on,
      );
      return { consumer, owned, seen };
    }
    const sorted = (...members: Member[]) => members.map(({ owned }) => ascending(owned));

    test('share the partitions; every record is seen, and one takes over when the other leaves', async () => {
      const topic = await world.makeTopic(4);
      const group = unique('g');
      const first = await join(topic, group);
      await vi.waitFor(() => expect(sorted(first)).toEqual([[0, 1, 2, 3]]), patience);
      const second = await join(topic, group);
      await vi.waitFor(() => {
        expect(ascending(sorted(first, second).flat())).toEqual([0, 1, 2, 3]);
        expect([first.owned.size, second.owned.size]).toEqual([2, 2]);
      }, patience);
      await Promise.all(
        [0, 1, 2, 3].map((partition) => world.send(topic, numbers(partition * 10, partition * 10 + 10), partition)),
      );
      const all = numbers(0, 40);
      await vi.waitFor(() => expect(new Set([...first.seen, ...second.seen])).toEqual(new Set(all)), patience);
      expect(first.seen.length).toBeGreaterThan(0);
      expect(second.seen.length).toBeGreaterThan(0);
      await first.consumer.close();
      await vi.waitFor(() => expect(sorted(second)).toEqual([[0, 1, 2, 3]]), patience);
      await Promise.all([0, 1, 2, 3].map((partition) => world.send(topic, [`late ${partition}`], partition)));
      await vi.waitFor(() => {
        expect(second.seen.filter((text) => text.startsWith('late')).toSorted()).toEqual([
          'late 0',
          'late 1',
          'late 2',
          'late 3',
        ]);
      }, patience);
    });

    test('what loses a partition is told, its batch goes stale, and it cannot move the position', async () => {
      const topic = await world.makeTopic(2);
      const group = unique('g');
      await world.send(topic, ['a'], 0);
      await world.send(topic, ['b'], 1);
      const revoked: number[] = [];
      const lost: { partition: number; heartbeat: unknown; commit: unknown }[] = [];
      const holding = new Set<number>();
      let isOver = false;
      const reason = (work: Promise<unknown>) =>
        work.then(
          () => 'done',
          (error: unknown) => (error instanceof LikenessError ? error.retryable : error),
        );
      const consumer: Consumer = await world.consume(
        {
          group,
          topics: [topic],
          onRevoked: (partitions) => revoked.push(...partitions.map(({ partition }) => partition)),
          onBatch: async (batch) => {
            const { partition } = batch;
            holding.add(partition);
            while (!batch.isStale() && !isOver) await new Promise((resolve) => setTimeout(resolve, 10));
            lost.push({
              partition,
              heartbeat: await reason(batch.heartbeat()),
              commit: await reason(consumer.commit(topic, partition, 1)),
            });
          },
        },
        await world.another(),
      );
      await vi.waitFor(() => expect(holding.size).toBe(2), patience);
      const second = await join(topic, group);
      await vi.waitFor(() => expect(second.owned.size).toBe(1), patience);
      await vi.waitFor(() => expect(second.seen).toHaveLength(1), patience);
      const [taken] = [...second.owned];
      expect(revoked).toContain(taken);
      await vi.waitFor(() => {
        expect(lost.find(({ partition }) => partition === taken)).toEqual({
          partition: taken,
          heartbeat: true,
          commit: true,
        });
      }, patience);
      isOver = true;
    });
  });
}
