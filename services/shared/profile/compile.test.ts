/** What a definition hash covers, which features count which types, and what is refused. */
import { describe, expect, test } from 'vitest';
import type { FeatureDefinition } from '../../../crds/features.ts';
import { compileFeatures } from './compile.ts';

const views: FeatureDefinition = { name: 'views', count: { events: ['view'], window: '30h' } };
const all: FeatureDefinition = { name: 'all', count: {} };
const links: FeatureDefinition = { name: 'links', count: { events: ['identify', 'view'] } };
const rate: FeatureDefinition = { name: 'rate', ratio: { of: 'views', to: 'all' } };

describe('the definition hash', () => {
  const { hash, stamp } = compileFeatures([views, all], []);

  test('is the same for the same features in another order, with ratios or weights changed', () => {
    const weighted = [{ name: 'view', weight: '3', required: [] }];
    for (const other of [
      compileFeatures([all, views], []),
      compileFeatures([views, all, rate], []),
      compileFeatures([views, all], weighted),
      compileFeatures([views, all], [], { mergeOn: ['alias', 'identify'] }),
    ])
      expect([other.hash, other.stamp]).toEqual([hash, stamp]);
  });

  test('is another for another window, name, feature or mergeOn', () => {
    const others = [
      compileFeatures([{ name: 'views', count: { events: ['view'], window: '60h' } }, all], []),
      compileFeatures([{ ...views, name: 'v' }, all], []),
      compileFeatures([views], []),
      compileFeatures([views, all], [], { mergeOn: [] }),
    ].map((compiled) => compiled.hash);
    expect(new Set([hash, ...others]).size).toBe(5);
  });

  test('does not see how a definition is written', () => {
    const [written] = compileFeatures([{ count: { window: '30h', events: ['view'] }, name: 'views' }], []).features;
    expect(written!.definition).toBe(compileFeatures([views], []).features[0]!.definition);
    expect(written!.definition).toMatch(/^[0-9a-f]{16}$/);
  });

  test('has a value that is stored, so it never changes by itself', () => {
    expect([hash, stamp]).toMatchInlineSnapshot(`
      [
        "a066c7d83eca2ab4",
        2188223265,
      ]
    `);
  });
});

test('a type touches the features that name it, and those that name none unless it is identify or alias', () => {
  const compiled = compileFeatures([views, all, links], []);
  const counting = (type: string): string[] => compiled.countedBy(type).map((place) => compiled.features[place]!.name);
  expect(counting('view')).toEqual(['all', 'links', 'views']);
  expect(counting('other')).toEqual(['all']);
  expect(counting('identify')).toEqual(['links']);
  expect(counting('alias')).toEqual([]);
  expect(counting('constructor')).toEqual(['all']);
});

test.each([
  ['a name given twice', [views, views], 'defined twice'],
  ['no kind', [{ name: 'none' }], 'exactly one'],
  ['two kinds', [{ ...views, sinceLast: {} }], 'exactly one'],
  ['a ratio to nothing', [views, rate], 'ratio.to names all'],
  ['a ratio of a ratio', [views, all, rate, { name: 'r', ratio: { of: 'rate', to: 'all' } }], 'ratio.of names rate'],
  ['a pane without a window', [{ name: 'x', count: { pane: '1h' } }], 'needs a window'],
  ['a pane that does not divide', [{ name: 'x', count: { window: '5h', pane: '2h' } }], 'evenly'],
  ['too many panes', [{ name: 'x', count: { window: '367s', pane: '1s' } }], 'at most 366'],
  ['a window without even panes', [{ name: 'x', count: { window: '1s' } }], 'give a pane'],
  ['a window of nothing', [{ name: 'x', count: { window: '0s' } }], 'at least 1ms'],
  ['a half-life of nothing', [{ name: 'x', interest: { of: 'type', halfLife: '0s', top: 1 } }], 'at least 1ms'],
  ['a sum of text', [{ name: 'x', sum: { field: 'item.category' } }], 'is text'],
] as [string, FeatureDefinition[], string][])('refuses %s', (_, definitions, said) => {
  expect(() => compileFeatures(definitions, [])).toThrow(
    expect.objectContaining({ code: 'BadSpec', message: expect.stringContaining(said) }),
  );
});
