/** Which packages and files of them an image holds. */
import { expect, it } from 'vitest';
import { isRun, productionPackages } from './packages.ts';

const platform = { os: 'linux', cpu: 'x64', abi: '137' };

it('takes the packages of production and of this platform, with what the lock file says of them', () => {
  const packages = productionPackages(
    {
      packages: {
        '': { version: '0.1.0' },
        'node_modules/lmdb': { version: '3.5.6', integrity: 'sha512-AA==', license: 'MIT' },
        'node_modules/@lmdb/lmdb-linux-x64': { version: '3.5.6', os: ['linux'], cpu: ['x64'] },
        'node_modules/@lmdb/lmdb-linux-arm64': { version: '3.5.6', os: ['linux'], cpu: ['arm64'] },
        'node_modules/@lmdb/lmdb-darwin-x64': { version: '3.5.6', os: ['darwin'], cpu: ['x64'] },
        'node_modules/vitest': { version: '5.1.1', dev: true },
        'node_modules/@types/node': { version: '24.19.2' },
        'node_modules/undici-types': { version: '7.24.6' },
        'node_modules/form-data/node_modules/mime-db': { version: '1.52.0' },
        'node_modules/alias': { name: '@scope/real', version: '1.0.0' },
      },
    },
    platform,
  );
  expect(packages).toEqual([
    { path: 'node_modules/lmdb', name: 'lmdb', version: '3.5.6', integrity: 'sha512-AA==', licence: 'MIT' },
    { path: 'node_modules/@lmdb/lmdb-linux-x64', name: '@lmdb/lmdb-linux-x64', version: '3.5.6' },
    { path: 'node_modules/form-data/node_modules/mime-db', name: 'mime-db', version: '1.52.0' },
    { path: 'node_modules/alias', name: '@scope/real', version: '1.0.0' },
  ]);
});

it.each(['index.js', 'LICENSE', 'node.napi.glibc.node', 'node.abi137.glibc.node', 'a/d.ts/x.js', 'map.js'])(
  'holds %s',
  (file) => expect(isRun(file, platform)).toBe(true),
);

it.each(['index.d.ts', 'a/index.d.cts', 'index.js.map', 'node.napi.musl.node', 'a/node.abi115.glibc.node'])(
  'does not hold %s',
  (file) => expect(isRun(file, platform)).toBe(false),
);
