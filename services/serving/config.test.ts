import { describe, expect, it } from 'vitest';
import { environment } from '../../test/serving/world.ts';
import { parseConfig } from './config.ts';

const authentication = {
  jwksUrl: 'https://issuer.example/jwks',
  issuer: 'https://issuer.example',
  audience: 'likeness',
};
const parse = (serving: object | undefined, env: Record<string, string>) =>
  parseConfig(environment('/keys', { ...(serving ? { serving } : {}), env }));

describe('parseConfig', () => {
  it('reads what the plan writes', () => {
    const config = parse(undefined, { LIKENESS_PORT: '8080', LIKENESS_TRUSTED_KEYS: '/a.pem, /b.pem' });
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      pipeline: { namespace: 'default', name: 'shop', epoch: 1 },
      partitions: 4,
      trustedKeyFiles: ['/a.pem', '/b.pem'],
      spec: { serving: { rules: { excludeBought: true } } },
    });
  });

  it.each(['0.0.0.0', '::', '10.1.2.3', 'serving.example'])('refuses %s without authentication', (host) => {
    expect(() => parse(undefined, { LIKENESS_HOST: host })).toThrow(
      expect.objectContaining({
        code: 'BadConfig',
        message: expect.stringMatching(/authentication.+LIKENESS_READ_KEYS/),
      }),
    );
    expect(parse({ authentication }, { LIKENESS_HOST: host }).host).toBe(host);
    expect(parse(undefined, { LIKENESS_HOST: host, LIKENESS_READ_KEYS: '/keys.json' })).toMatchObject({
      host,
      readKeysFile: '/keys.json',
    });
  });

  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('takes %s without authentication', (host) => {
    expect(parse(undefined, { LIKENESS_HOST: host }).host).toBe(host);
  });

  it('names every bad key at once', () => {
    expect(() => parse(undefined, { LIKENESS_PARTITIONS: '0', LIKENESS_TRUSTED_KEYS: '' })).toThrow(
      /LIKENESS_PARTITIONS[^]*LIKENESS_TRUSTED_KEYS/,
    );
  });
});
