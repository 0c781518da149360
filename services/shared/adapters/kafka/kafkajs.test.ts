/** What replaces parts of kafkajs must give the same bytes. */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { type EncoderClass, joiningEncoder, type KafkaEncoder } from './joining-encoder.ts';
import { type BatchParts, joiningRecordBatch, type RecordBatch } from './record-batch.ts';

const load = createRequire(import.meta.url);

describe('crc32c', () => {
  it('has the values of RFC 3720, appendix B.4', () => {
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
    expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))).toBe(0x46dd794e);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it("is kafkajs' own, of any bytes", () => {
    const theirs = load('kafkajs/src/protocol/recordBatch/crc32C/crc32C.js') as (bytes: Buffer) => number;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(40), (bytes, start) => {
        const some = Buffer.from(bytes).subarray(start);
        expect(crc32c(some)).toBe(theirs(some));
      }),
    );
  });

  it('goes on where a piece ended', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
        expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc32c(bytes));
      }),
    );
  });
});

describe('the joining encoder', () => {
  const Original = load('kafkajs/src/protocol/encoder.js') as EncoderClass;
  const Joining = joiningEncoder(Original);

  type Write =
    | { readonly int32: number }
    | { readonly varint: number }
    | { readonly bytes: Uint8Array }
    | { readonly text: string }
    | { readonly nested: readonly Write[]; readonly asArray: boolean }
    | { readonly look: true };

  const { write } = fc.letrec<{ write: Write }>((tie) => ({
    write: fc.oneof(
      { maxDepth: 4 },
      fc.record({ int32: fc.integer() }),
      fc.record({ varint: fc.integer() }),
      fc.record({
        bytes: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1000, maxLength: 2100 })),
      }),
      fc.record({ text: fc.string({ unit: 'binary' }) }),
      fc.record({ nested: fc.array(tie('write'), { maxLength: 4 }), asArray: fc.boolean() }),
      fc.constant({ look: true as const }),
    ),
  }));

  function encode(Encoder: EncoderClass, writes: readonly Write[]): KafkaEncoder {
    const encoder = new Encoder();
    for (const each of writes) {
      if ('int32' in each) encoder.writeInt32(each.int32);
      else if ('varint' in each) encoder.writeVarInt(each.varint);
      else if ('bytes' in each) encoder.writeBytes(Buffer.from(each.bytes));
      else if ('text' in each) encoder.writeBytes(each.text);
      else if ('look' in each) expect(encoder.buffer.length).toBe(encoder.size());
      else if (each.asArray) encoder.writeEncoderArray([encode(Encoder, each.nested), encode(Encoder, each.nested)]);
      else encoder.writeEncoder(encode(Encoder, each.nested));
    }
    return encoder;
  }

  it('writes the same bytes as the original, whatever is nested in what', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 12 }), (writes) => {
        const joined = encode(Joining, writes);
        expect(joined.size()).toBe(encode(Original, writes).size());
        expect(joined.buffer.equals(encode(Original, writes).buffer)).toBe(true);
      }),
    );
  });
});

it('is in place behind the door, and nothing of kafkajs was loaded before it', async () => {
  const { Kafka } = await import('./kafkajs.ts');
  expect(() => new Kafka({ brokers: ['127.0.0.1:1'] })).not.toThrow();
  const batch = load('kafkajs/src/protocol/recordBatch/v0/index.js') as {
    RecordBatch(options: object): Promise<KafkaEncoder>;
  };
  expect((await batch.RecordBatch({ records: [] })).constructor.name).toBe('JoiningEncoder');
});

describe('a record batch', () => {
  const { RecordBatch: theirs } = load('kafkajs/src/protocol/recordBatch/v0/index.js') as { RecordBatch: RecordBatch };
  const Original = load('kafkajs/src/protocol/encoder.js') as EncoderClass;
  const Joining = joiningEncoder(Original);
  const ours = joiningRecordBatch(theirs, Joining);
  const recordsOf = (Encoder: EncoderClass, values: readonly Uint8Array[]) =>
    values.map((value) => new Encoder().writeBytes(Buffer.from(value)));

  it("is byte for byte kafkajs' own", async () => {
    const value = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1000, maxLength: 3000 }));
    const parts: fc.Arbitrary<BatchParts> = fc.record(
      {
        firstOffset: fc.nat(),
        partitionLeaderEpoch: fc.nat(),
        lastOffsetDelta: fc.nat(),
        transactional: fc.boolean(),
        producerId: fc.nat(),
        producerEpoch: fc.nat(100),
        firstSequence: fc.nat(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 6 }), parts, fc.maxSafeNat(), async (values, some, time) => {
        const given = { ...some, firstTimestamp: time, maxTimestamp: time + 1 };
        const batch = await ours({ ...given, records: recordsOf(Joining, values) });
        const wanted = await theirs({ ...given, records: recordsOf(Original, values) });
        expect(batch.size()).toBe(wanted.size());
        expect(batch.buffer.equals(wanted.buffer)).toBe(true);
      }),
    );
  });

  it('leaves a compressed one to kafkajs', async () => {
    const compressed = new Joining();
    const batch = joiningRecordBatch(async () => compressed, Joining);
    expect(await batch({ compression: 1 })).toBe(compressed);
  });
});
