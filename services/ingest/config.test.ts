/** Ingest's environment. */
import { describe, expect, it } from 'vitest';
import { streams } from '../shared/streams.ts';
import { parseConfig, parseQuantity } from './config.ts';

const env = (ingest: unknown = {}, more: Record<string, string> = {}) => ({
  LIKENESS_PIPELINE: 'shop',
  LIKENESS_PARTITIONS: '4',
  LIKENESS_TOPICS: JSON.stringify(Object.fromEntries(streams.map((stream) => [stream, `default.shop.${stream}.e1`]))),
  LIKENESS_SPEC: JSON.stringify({ ingest }),
  ...more,
});

describe('parseConfig', () => {
  it('is open to everyone on loopback alone', () => {
    expect(parseConfig(env()).writeKeysFile).toBeUndefined();
    expect(() => parseConfig(env({}, { LIKENESS_HOST: '0.0.0.0' }))).toThrow(
      expect.objectContaining({ code: 'BadConfig', message: expect.stringContaining('LIKENESS_WRITE_KEYS') }),
    );
    const ajar = env({}, { LIKENESS_HOST: '0.0.0.0', LIKENESS_WRITE_KEYS: '/keys.json', LIKENESS_OPEN: 'true' });
    expect(() => parseConfig(ajar)).toThrow(/LIKENESS_OPEN/);
    const keyed = parseConfig(env({}, { LIKENESS_HOST: '0.0.0.0', LIKENESS_WRITE_KEYS: '/keys.json' }));
    expect(keyed).toMatchObject({ writeKeysFile: '/keys.json', host: '0.0.0.0' });
  });

  it('puts the log into the data folder, and needs one', () => {
    const log = { size: '2Gi' };
    expect(parseConfig(env({ log }, { LIKENESS_DATA: '/data' })).log).toEqual({
      folder: '/data/ingest-log',
      maxBytes: 2 * 1024 ** 3,
    });
    expect(() => parseConfig(env({ log }))).toThrow(expect.objectContaining({ code: 'BadConfig' }));
    expect(parseConfig(env({}, { LIKENESS_DATA: '/data' })).log).toBeUndefined();
  });

  it('tells the state of the log where there is one, by the name of its pod', () => {
    const more = {
      LIKENESS_DATA: '/data',
      LIKENESS_REPORT: 'shop-ingest-report',
      LIKENESS_POD: 'shop-ingest-0',
      LIKENESS_POD_UID: 'u',
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
    };
    expect(parseConfig(env({ log: {} }, more)).report).toEqual({
      namespace: 'default',
      name: 'shop-ingest-report',
      host: '10.0.0.1',
      port: 443,
      pod: 'shop-ingest-0',
      podUid: 'u',
    });
    expect(parseConfig(env({}, more)).report).toBeUndefined();
    const { LIKENESS_POD: _, ...nobody } = more;
    expect(() => parseConfig(env({ log: {} }, nobody))).toThrow(/LIKENESS_POD/);
  });

  it('has the limits of the spec', () => {
    expect(parseConfig(env()).limits).toEqual({ pendingEvents: 100_000 });
    expect(parseConfig(env({ limits: { eventsPerSecond: 5 } })).limits.eventsPerSecond).toBe(5);
  });
});

describe('parseQuantity', () => {
  it('reads Kubernetes quantities and refuses what is none', () => {
    expect(['5Gi', '500M', '1.5G', '2000000'].map((text) => parseQuantity(text, 'p'))).toEqual([
      5 * 1024 ** 3,
      5e8,
      1.5e9,
      2e6,
    ]);
    for (const text of ['', '5', '-5Gi', '5gb', 'Gi', '1Ki'])
      expect(() => parseQuantity(text, 'ingest.log.size')).toThrow('ingest.log.size');
  });
});
