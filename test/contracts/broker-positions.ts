/** Part of the Broker contract: seeking, and the positions of groups. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { unique } from '../testbed/unique.ts';
import { numbers, patience, textOf, type BrokerWorld } from './broker-world.ts';

export function positionsContract(world: BrokerWorld): void {
  describe('seeking', () => {
    test('goes on from the offset; the batch under way becomes stale', async () => {
      const topic = await world.makeTopic();
      await world.send(topic, numbers(0, 10));
      const seen: string[] = [];
      const staleness: boolean[] = [];
      const consumer = await world.consume({
        topics: [topic],
        onBatch: async (batch) => {
          if (staleness.length === 0) {
            staleness.push(batch.isStale());
            consumer.seek(topic, 0, 8);
            staleness.push(batch.isStale());
            return;
          }
          seen.push(...batch.records.map(textOf));
        },
      });
      await vi.waitFor(() => expect(seen).toEqual(['8', '9']), patience);
      expect(staleness).toEqual([false, true]);
    });

    test('goes back as well, from outside a batch', async () => {
      const topic = await world.makeTopic();
      await world.send(topic, numbers(0, 4));
      const seen: string[] = [];
      const consumer = await world.consume({
        topics: [topic],
        onBatch: async ({ records }) => void seen.push(...records.map(textOf)),
      });
      await vi.waitFor(() => expect(seen).toEqual(['0', '1', '2', '3']), patience);
      consumer.seek(topic, 0, 2);
      await vi.waitFor(() => expect(seen).toEqual(['0', '1', '2', '3', '2', '3']), patience);
    });
  });

  describe('positions of a group', () => {
    test('are where its next consumer starts', async () => {
      const topic = await world.makeTopic(2);
      const group = unique('g');
      await world.send(topic, numbers(0, 6), 1);
      const first: string[] = [];
      const consumer = await world.consume({
        group,
        topics: [topic],
        onBatch: async ({ records }) => void first.push(...records.map(textOf)),
      });
      await vi.waitFor(() => expect(first).toHaveLength(6), patience);
      await consumer.commit(topic, 1, 4);
      await consumer.close();
      expect(await world.broker.committed(group, topic)).toEqual(new Map([[1, 4]]));
      const second: string[] = [];
      await world.consume(
        { group, topics: [topic], onBatch: async ({ records }) => void second.push(...records.map(textOf)) },
        await world.another(),
      );
      await vi.waitFor(() => expect(second).toEqual(['4', '5']), patience);
    });

    test('give way to what onAssigned says', async () => {
      const topic = await world.makeTopic();
      const group = unique('g');
      await world.send(topic, numbers(0, 5));
      const { seen, consumer } = await world.collect(topic, { group });
      await vi.waitFor(() => expect(seen).toHaveLength(5), patience);
      await consumer.commit(topic, 0, 4);
      await consumer.close();
      const again = await world.collect(topic, { group, onAssigned: async () => 2 });
      await vi.waitFor(() => expect(again.seen.map(textOf)).toEqual(['2', '3', '4']), patience);
    });

    test('can be committed within the handler, the last one while closing', async () => {
      const topic = await world.makeTopic();
      const group = unique('g');
      await world.send(topic, numbers(0, 3));
      let release = () => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      let begun = false;
      const consumer = await world.consume({
        group,
        topics: [topic],
        onBatch: async ({ records }) => {
          begun = true;
          await released;
          await consumer.commit(topic, 0, records.at(-1)!.offset + 1);
        },
      });
      await vi.waitFor(() => expect(begun).toBe(true), patience);
      const closed = consumer.close();
      release();
      await closed;
      expect(await world.broker.committed(group, topic)).toEqual(new Map([[0, 3]]));
    });

    test('stay where they were when the process dies in the middle of a batch: everything comes again', async () => {
      const topic = await world.makeTopic(2);
      const group = unique('g');
      await world.send(topic, numbers(0, 5), 0);
      await world.send(topic, numbers(5, 9), 1);
      const child = spawn(
        process.execPath,
        [join(import.meta.dirname, 'broker-child.ts'), JSON.stringify(world.harness.address), topic, group],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let said = '';
      child.stdout.on('data', (text) => (said += text));
      await vi.waitFor(() => expect(said.match(/batch/g)).toHaveLength(2), patience);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const seen: string[] = [];
      await world.consume({
        group,
        topics: [topic],
        onBatch: async ({ records }) => void seen.push(...records.map(textOf)),
      });
      await vi.waitFor(() => expect(seen.toSorted()).toEqual(numbers(0, 9)), patience);
    });
  });
}
