/** From the environment's keys to what an adapter connects with. */
import { describe, expect, it } from 'vitest';
import { connectionsOf, type ConnectionEnv } from './connections.ts';

const base = { LIKENESS_NAMESPACE: 'shop', LIKENESS_PIPELINE: 'web' };
const of = (env: Partial<ConnectionEnv>) => connectionsOf({ ...base, ...env });

describe('connectionsOf', () => {
  it('says nothing that the environment does not', () => {
    expect(of({})).toEqual({ pipeline: 'shop.web' });
    expect(of({ LIKENESS_KAFKA: 'k:9092', LIKENESS_REDIS: 'redis://r:6379', LIKENESS_DATA: '/d' })).toEqual({
      pipeline: 'shop.web',
      kafka: { address: 'k:9092' },
      redis: { url: 'redis://r:6379' },
      dataDir: '/d',
    });
  });

  it('names files and folders, and holds no secret', () => {
    const env = {
      LIKENESS_KAFKA: 'k:9093',
      LIKENESS_KAFKA_TLS: 'true',
      LIKENESS_KAFKA_CA: '/ca.crt',
      LIKENESS_KAFKA_SASL: 'scram-sha-512',
      LIKENESS_KAFKA_CREDENTIALS: '/kafka',
      LIKENESS_REDIS: 'rediss://r:6380',
      LIKENESS_REDIS_CA: '/ca.crt',
      LIKENESS_REDIS_CREDENTIALS: '/redis',
    } as const;
    const tls = { ca: { file: '/ca.crt' } };
    expect(of(env)).toEqual({
      pipeline: 'shop.web',
      kafka: { address: 'k:9093', tls, sasl: { mechanism: 'scram-sha-512', credentials: { folder: '/kafka' } } },
      redis: { url: 'rediss://r:6380', tls, credentials: { folder: '/redis' } },
    });
  });

  it('trusts whom Node trusts where no authority is named', () => {
    const found = of({ LIKENESS_KAFKA: 'k', LIKENESS_KAFKA_TLS: 'true', LIKENESS_REDIS: 'rediss://r' });
    expect([found.kafka?.tls, found.redis?.tls]).toEqual([{}, {}]);
  });

  it.each<[string, Partial<ConnectionEnv>]>([
    ['LIKENESS_KAFKA_CA', { LIKENESS_KAFKA: 'k', LIKENESS_KAFKA_CA: '/ca.crt' }],
    ['LIKENESS_KAFKA_CREDENTIALS', { LIKENESS_KAFKA: 'k', LIKENESS_KAFKA_SASL: 'scram-sha-256' }],
    ['LIKENESS_KAFKA_SASL', { LIKENESS_KAFKA: 'k', LIKENESS_KAFKA_CREDENTIALS: '/kafka' }],
    ['plain', { LIKENESS_KAFKA: 'k', LIKENESS_KAFKA_SASL: 'plain', LIKENESS_KAFKA_CREDENTIALS: '/kafka' }],
    ['LIKENESS_REDIS_CA', { LIKENESS_REDIS: 'redis://r', LIKENESS_REDIS_CA: '/ca.crt' }],
  ])('refuses what does not fit together: %s', (word, env) => {
    expect(() => of(env)).toThrow(
      expect.objectContaining({ code: 'BadConfig', message: expect.stringContaining(word) }),
    );
  });
});
