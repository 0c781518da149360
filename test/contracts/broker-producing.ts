/** Part of the Broker contract: what is sent, and in which order. */
import { describe, expect, test } from 'vitest';
import { numbers, textOf, type BrokerWorld } from './broker-world.ts';

export function producingContract(world: BrokerWorld): void {
  describe('producing', () => {
    test('keeps the order within a partition, however many sends are in flight', async () => {
      const topic = await world.makeTopic(3);
      const sends = numbers(0, 300).map((value) => world.send(topic, [value], Number(value) % 3));
      await Promise.all(sends);
      for (const partition of [0, 1, 2]) {
        const expected = numbers(0, 300).filter((value) => Number(value) % 3 === partition);
        expect((await world.readAll(topic, partition)).map(textOf)).toEqual(expected);
      }
    });

    test('lets sends made together travel together: a thousand of them end within a few commits', async () => {
      const topic = await world.makeTopic();
      await Promise.all(numbers(0, 1_000).map((value) => world.send(topic, [value])));
      const times = new Set((await world.readAll(topic)).map(({ timestamp }) => timestamp));
      expect(times.size).toBeLessThan(100);
    });

    test('gives adjacent offsets and the broker own, never falling, time', async () => {
      const topic = await world.makeTopic();
      const before = Date.now();
      await world.send(topic, ['a', 'b']);
      await world.send(topic, ['c']);
      const records = await world.readAll(topic);
      expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2]);
      expect(records[0]!.timestamp).toBeGreaterThan(before - 60_000);
      expect(records[2]!.timestamp).toBeGreaterThanOrEqual(records[0]!.timestamp);
    });

    test('takes keys, no keys, empty values and tombstones', async () => {
      const topic = await world.makeTopic();
      await world.producer.send(topic, [
        { partition: 0, key: 'ключ', value: Buffer.from('v') },
        { partition: 0, value: new Uint8Array(0) },
        { partition: 0, key: 'gone', value: null },
        { partition: 0, key: '', value: Buffer.from('empty key') },
      ]);
      const records = await world.readAll(topic);
      expect(records.map(({ key, value }) => [key, value && Buffer.from(value).toString()])).toEqual([
        ['ключ', 'v'],
        [null, ''],
        ['gone', null],
        ['', 'empty key'],
      ]);
    });

    test('takes 10,000 records in one send', async () => {
      const topic = await world.makeTopic(2);
      const records = numbers(0, 10_000).map((value) => ({ partition: Number(value) % 2, value: Buffer.from(value) }));
      await world.producer.send(topic, records);
      const even = (await world.readAll(topic, 0)).map(textOf);
      expect(even).toEqual(numbers(0, 10_000).filter((value) => Number(value) % 2 === 0));
    });

    test('takes records of 900 KB, and sends of many times that', async () => {
      const topic = await world.makeTopic();
      const large = Array.from({ length: 5 }, (_, index) => ({
        partition: 0,
        value: Buffer.alloc(900_000, index + 1),
      }));
      await world.producer.send(topic, large);
      const records = await world.readAll(topic);
      expect(records.map(({ value }) => [value!.length, value![0], value!.at(-1)])).toEqual(
        [1, 2, 3, 4, 5].map((fill) => [900_000, fill, fill]),
      );
    });
  });
}
