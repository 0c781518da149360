import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

const env = {
  LIKENESS_IMAGE: 'likeness:1',
  LIKENESS_VERSION: '1.0.0',
  LIKENESS_LEASE_NAMESPACE: 'likeness',
  LIKENESS_IDENTITY: 'pod-1',
};

test('sensible defaults', () => {
  expect(parseConfig(env)).toMatchObject({
    namespaces: [],
    lease: { namespace: 'likeness', identity: 'pod-1', seconds: 15 },
    defaults: {},
    workers: 10,
    port: 8080,
  });
});

test('namespaces, and what the cluster gives to pipelines that name none', () => {
  const defaults = { kafka: { bootstrapServers: 'kafka:9092' } };
  const config = parseConfig({ ...env, LIKENESS_NAMESPACES: 'a,b', LIKENESS_DEFAULTS: JSON.stringify(defaults) });
  expect(config.namespaces).toEqual(['a', 'b']);
  expect(config.defaults.kafka).toMatchObject({ bootstrapServers: 'kafka:9092', partitions: 12 });
});

test('every bad key is named at once', () => {
  const bad = { ...env, LIKENESS_IMAGE: '', LIKENESS_WORKERS: 'many', LIKENESS_DEFAULTS: '{"kafka":{}}' };
  const all = /LIKENESS_IMAGE: [^]*LIKENESS_DEFAULTS\.kafka\.bootstrapServers: [^]*LIKENESS_WORKERS: /;
  expect(() => parseConfig(bad)).toThrow(
    expect.objectContaining({ code: 'BadConfig', message: expect.stringMatching(all) }),
  );
  expect(() => parseConfig({ ...env, LIKENESS_DEFAULTS: '{' })).toThrow('LIKENESS_DEFAULTS: is not JSON');
});
