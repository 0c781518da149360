/** Layers: sorted, with folders before what is in them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { layerOf, textFile } from './layer.ts';

it('puts each folder before what is in it, and makes those that nobody named', () => {
  const { entries } = layerOf('app', [
    textFile('app/services/b.js', ''),
    textFile('app/services.js', ''),
    { kind: 'directory', path: 'tmp', mode: 0o1777 },
  ]);
  expect(entries.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    'directory app',
    'directory app/services',
    'file app/services.js',
    'file app/services/b.js',
    'directory tmp',
  ]);
  expect(entries.find(({ path }) => path === 'tmp')).toMatchObject({ mode: 0o1777 });
});

it('is the same in whatever order the entries come', () => {
  const name = fc.constantFrom('a', 'b', 'c-d', 'c.e', 'é');
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => [...names, 'file'].join('/'));
  fc.assert(
    fc.property(fc.uniqueArray(path), fc.infiniteStream(fc.nat()), (paths, keys) => {
      const files = paths.map((each) => textFile(each, each));
      const shuffled = files
        .map((file) => ({ file, key: keys.next().value }))
        .toSorted((one, other) => one.key - other.key);
      const pathsOf = (layer: ReturnType<typeof layerOf>) => layer.entries.map((entry) => entry.path);
      expect(
        pathsOf(
          layerOf(
            'app',
            shuffled.map(({ file }) => file),
          ),
        ),
      ).toEqual(pathsOf(layerOf('app', files)));
    }),
  );
});

it('refuses two files of one path', () => {
  const twice = [textFile('app/a', '1'), textFile('app/a', '2')];
  expect(() => layerOf('app', twice)).toThrow('Layer app holds /app/a twice.');
});
