/** Keeps batches back until the caller has the consumer in hand, so that handlers may use it. */
import type { ConsumerOptions } from '../broker.ts';

export async function openGate<T>(options: ConsumerOptions, start: (gated: ConsumerOptions) => Promise<T>): Promise<T> {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const onBatch: ConsumerOptions['onBatch'] = async (batch) => {
    await opened;
    if (!batch.isStale()) await options.onBatch(batch);
  };
  try {
    return await start({ ...options, onBatch });
  } finally {
    setImmediate(open);
  }
}
