/** Whose settings a comparison is made with. */
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../operator/kubernetes/runtime/api-error.ts';
import type { Api } from '../../operator/kubernetes/runtime/api.ts';
import { operatorSettings } from './operator-settings.ts';

const deployment = (env: Readonly<Record<string, string>>) => ({
  spec: {
    template: {
      spec: {
        containers: [
          { name: 'sidecar', env: [{ name: 'LIKENESS_IMAGE', value: 'wrong' }] },
          {
            name: 'operator',
            env: [
              ...Object.entries({ LIKENESS_IMAGE: 'i:1', LIKENESS_VERSION: '1', ...env }).map(([name, value]) => ({
                name,
                value,
              })),
              { name: 'LIKENESS_IDENTITY', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
              { name: 'LIKENESS_LEASE_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
            ],
          },
        ],
      },
    },
  },
});

const apiWith = (...items: object[]) =>
  ({ listPage: () => Promise.resolve({ items, resourceVersion: '1' }) }) as unknown as Pick<Api, 'listPage'>;

const given = { version: '9' };

describe('settings', () => {
  it('are those of the operator that looks after the namespace', async () => {
    const api = apiWith(
      deployment({ LIKENESS_IMAGE: 'other:1', LIKENESS_NAMESPACES: 'other' }),
      deployment({ LIKENESS_NAMESPACES: 'shops,more', LIKENESS_DEFAULTS: '{"store":{"redis":{"url":"redis://r"}}}' }),
    );
    const { settings, found } = await operatorSettings(api, 'shops', given);
    expect(found).toBe(true);
    expect(settings).toMatchObject({
      image: 'i:1',
      version: '1',
      defaults: { store: { redis: { url: 'redis://r' } } },
    });
    expect((await operatorSettings(api, 'nobodys', given)).found).toBe(false);
  });

  it('give way to what is said on the command line', async () => {
    const api = apiWith(deployment({ LIKENESS_DEFAULTS: '{"kafka":{"bootstrapServers":"k:1"}}' }));
    const { settings } = await operatorSettings(api, 'shops', { ...given, image: 'mine:2', kafka: 'k:2' });
    expect(settings).toMatchObject({ image: 'mine:2', version: '1', defaults: { kafka: { bootstrapServers: 'k:2' } } });
  });

  it('are a guess where nobody may look', async () => {
    const forbidden = new ApiError('no', { code: 403, reason: 'Forbidden' });
    const api = { listPage: () => Promise.reject(forbidden) };
    const { settings, found } = await operatorSettings(api, 'shops', given);
    expect(found).toBe(false);
    expect(settings).toMatchObject({ image: 'likeness:9', version: '9' });
    const broken = { listPage: () => Promise.reject(new ApiError('no', { code: 500, reason: 'InternalError' })) };
    await expect(operatorSettings(broken, 'shops', given)).rejects.toThrow('no');
  });
});
