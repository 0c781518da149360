import { describe, expect, it } from 'vitest';
import { nativeHome, openTensorBackend } from './open.ts';

describe('a GPU that is not there', () => {
  const dead = { home: '/nowhere', environment: {} };

  it('is asked for in vain, in words that help', async () => {
    const refused = openTensorBackend({ ...dead, want: 'auto', gpus: 64 });
    await expect(refused).rejects.toMatchObject({
      code: 'NoGpu',
      message: expect.stringContaining('asks for 64 GPUs'),
    });
    await expect(refused).rejects.toThrow('set training.gpu.count to 0');
    await expect(openTensorBackend({ ...dead, want: 'wasm', gpus: 1 })).rejects.toMatchObject({ code: 'NoGpu' });
  });

  it('is no reason to fail where none is asked for', async () => {
    await expect(openTensorBackend({ ...dead, want: 'native', gpus: 0 })).rejects.toMatchObject({
      code: 'TensorsUnavailable',
      message: expect.stringContaining('npm run native'),
    });
  });
});

it('is wasm where nothing native is installed', async () => {
  const backend = await openTensorBackend({ want: 'auto', gpus: 0, home: '/nowhere', environment: {} });
  expect(backend.name).toBe('wasm');
});

it('has its home in the cache of the user', () => {
  expect(nativeHome({ XDG_CACHE_HOME: '/cache' })).toBe('/cache/likeness/native');
});
