import { expect, it } from 'vitest';
import { forgetTopics } from './topic-reader.ts';

it('keeps of what a broker says all but its topics', () => {
  const pool: { metadata: { topicMetadata: readonly unknown[] } | null } = { metadata: null };
  forgetTopics(pool);
  expect(pool.metadata).toBeNull();
  const brokers = { controllerId: 1, brokers: [{ nodeId: 1 }] };
  pool.metadata = Object.assign({ topicMetadata: [{ topic: 'a' }] }, brokers);
  expect(pool.metadata).toEqual({ ...brokers, topicMetadata: [] });
  pool.metadata = null;
  expect(pool.metadata).toBeNull();
});
