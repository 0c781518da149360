import { describe, expect, it } from 'vitest';
import type { Batch } from '../../broker.ts';
import { type Fetched, PartitionFlow } from './partition-flow.ts';

const record = (offset: number) => ({ offset, key: null, value: Buffer.from('x'), timestamp: 0 });
const fetched = (offset: number): Fetched => ({ records: [record(offset)], next: offset + 1, highWatermark: 9 });

function flowOf(onBatch: (batch: Batch) => Promise<void>): PartitionFlow {
  return new PartitionFlow('t', 0, { onBatch, onFatal: (error) => expect.unreachable(String(error)) });
}

describe('a partition between fetching and working', () => {
  it('hands a batch on in the very turn that brought it', () => {
    const seen: number[] = [];
    const flow = flowOf(async ({ records }) => void seen.push(records[0]!.offset));
    flow.push(fetched(3));
    expect(seen).toEqual([3]);
    expect(flow.expected).toBe(4);
  });

  it('is idle once everything pushed is worked on', async () => {
    const work = Promise.withResolvers<void>();
    const seen: number[] = [];
    const flow = flowOf(async ({ records }) => {
      await work.promise;
      seen.push(records[0]!.offset);
    });
    flow.push(fetched(0));
    flow.push(fetched(1));
    setImmediate(() => work.resolve());
    await flow.idleWithin(60_000);
    expect(seen).toEqual([0, 1]);
  });

  it('does not wait for a batch that takes longer', async () => {
    const work = Promise.withResolvers<void>();
    const flow = flowOf(() => work.promise);
    flow.push(fetched(0));
    await flow.idleWithin(1);
    expect(flow.hasRoom).toBe(true);
    flow.push(fetched(1));
    expect(flow.hasRoom).toBe(false);
    work.resolve();
    await flow.idleWithin(60_000);
    expect(flow.hasRoom).toBe(true);
  });

  it('repeats a batch that fails, but no more once it is to finish', async () => {
    for (const [isFinishing, tries] of [
      [false, 3],
      [true, 1],
    ] as const) {
      let count = 0;
      const onBatch = () => (++count < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve());
      const onFatal = (error: unknown) => expect.unreachable(String(error));
      const flow = new PartitionFlow('t', 0, { onBatch, onFatal, retryMs: 1 });
      flow.push(fetched(0));
      await (isFinishing ? flow.finish() : flow.idleWithin(60_000));
      expect(count).toBe(tries);
    }
  });

  it('is idle when nothing was pushed', async () => {
    await flowOf(() => Promise.resolve()).idleWithin(60_000);
  });
});
