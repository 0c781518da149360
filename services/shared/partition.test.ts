/** Ours against kafkajs' own: every client must find the same partition. */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partitionOf } from './partition.ts';

const theirs = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2') as (
  key: string | Buffer,
) => number;

it('is the partition of the Java client and of kafkajs', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.integer({ min: 1, max: 1000 }), (id, partitions) => {
      expect(partitionOf(id, partitions)).toBe((theirs(Buffer.from(id)) & 0x7fffffff) % partitions);
    }),
  );
});

it('has the values that the Java client publishes for murmur2', () => {
  // org.apache.kafka.common.utils.UtilsTest.testMurmur2
  const published = { 21: -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536 };
  for (const [key, hash] of Object.entries(published))
    expect(partitionOf(key, 1 << 30)).toBe((hash & 0x7fffffff) % (1 << 30));
});
