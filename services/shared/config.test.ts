/** What counts as loopback decides who may reach an open pipeline; what is wrong in an environment is said at once. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isLoopback, parseEnv } from './config.ts';

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is', (host) => expect(isLoopback(host)).toBe(true));
  it.each(['0.0.0.0', '::', '10.0.0.1', '127.example.com', '127.0.0.1.example.com', '1127.0.0.1', ''])(
    '%s is not',
    (host) => expect(isLoopback(host)).toBe(false),
  );
});

describe('parseEnv', () => {
  const good = { LIKENESS_PIPELINE: 'shop', LIKENESS_PARTITIONS: '4', LIKENESS_SPEC: '{"n":1}' };
  const topics = Object.fromEntries(
    ['events-raw', 'events-clean', 'events-dead', 'items', 'predictions', 'models', 'signals'].map((stream) => [
      stream,
      stream,
    ]),
  );
  const spec = z.object({ n: z.number() });

  it('reads numbers and JSON', () => {
    const env = { ...good, LIKENESS_TOPICS: JSON.stringify(topics) };
    expect(parseEnv(env, spec, {})).toMatchObject({
      LIKENESS_PARTITIONS: 4,
      LIKENESS_SPEC: { n: 1 },
      LIKENESS_TOPICS: topics,
    });
  });

  it('names every wrong key at once', () => {
    const bad = { LIKENESS_PARTITIONS: 'many', LIKENESS_SPEC: '{', LIKENESS_TOPICS: '{}', LIKENESS_PORT: '70000' };
    for (const key of ['LIKENESS_PIPELINE', 'LIKENESS_PARTITIONS', 'LIKENESS_SPEC', 'LIKENESS_TOPICS', 'LIKENESS_PORT'])
      expect(() => parseEnv(bad, spec, {})).toThrow(key);
  });
});
