/** What the services' image leaves to the trainer's. */
import { expect, it } from 'vitest';
import { productionPackages } from './packages.ts';
import { withoutTensors } from './tensor-packages.ts';

it('leaves out what tensor libraries alone depend on, and keeps what others do too', () => {
  const lock = {
    packages: {
      '': { dependencies: { '@tensorflow/core': '1', lmdb: '1' } },
      'node_modules/@tensorflow/core': { version: '1', dependencies: { long: '1', shared: '1', nested: '1' } },
      'node_modules/@tensorflow/core/node_modules/nested': { version: '1' },
      'node_modules/long': { version: '1' },
      'node_modules/shared': { version: '1' },
      'node_modules/nested': { version: '2' },
      'node_modules/lmdb': {
        version: '1',
        dependencies: { msgpack: '1' },
        peerDependencies: { peer: '1', other: '1' },
        optionalDependencies: { absent: '1', addon: '1' },
      },
      'node_modules/lmdb/node_modules/msgpack': { version: '1', dependencies: { shared: '1', nested: '2' } },
      'node_modules/addon': { version: '1' },
      'node_modules/peer': { version: '1' },
    },
  };
  const packages = productionPackages(lock, { os: 'linux', cpu: 'x64', abi: '137' });
  expect(withoutTensors(lock, packages).map(({ path }) => path)).toEqual([
    'node_modules/shared',
    'node_modules/nested',
    'node_modules/lmdb',
    'node_modules/lmdb/node_modules/msgpack',
    'node_modules/addon',
    'node_modules/peer',
  ]);
});
