import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { compareItems, createCatalogue, encodeItem, itemVersionOf, type ItemMessage } from './catalogue.ts';

const at = (time: string, id = 'e-1', more: Partial<ItemMessage> = {}): ItemMessage => ({
  itemId: 'mug',
  time: `2011-12-0${time}T00:00:00.000Z`,
  id,
  item: { category: `${time}${id}` },
  ...more,
});

const anyMessage = fc.record({
  itemId: fc.constantFrom('mug', 'cup'),
  version: fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }),
  time: fc.constantFrom('2011-12-01T00:00:00.000Z', '2011-12-02T00:00:00.000Z'),
  id: fc.constantFrom('a', 'b', 'c'),
});

describe('the catalogue', () => {
  it.each([
    ['a later time', at('1'), at('2')],
    ['at equal times the greater id', at('1', 'a'), at('1', 'b')],
    ['a version over any time', at('9'), at('1', 'a', { version: 1 })],
    ['the greater version, by number', at('9', 'z', { version: 9 }), at('1', 'a', { version: 10 })],
    ['at equal versions the greater id, whatever the time', at('9', 'a', { version: 1 }), at('1', 'b', { version: 1 })],
  ])('keeps %s', (_, less, greater) => {
    for (const order of [
      [less, greater],
      [greater, less],
    ]) {
      const catalogue = createCatalogue();
      for (const message of order) catalogue.offer(message);
      expect(catalogue.get('mug')).toBe(greater);
    }
  });

  it('is a function of the set of messages', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 12 }), fc.func(fc.nat()), (messages, random) => {
        const all = messages.map(({ version, ...rest }) => ({
          ...rest,
          ...(version !== undefined && { version }),
          item: {},
        }));
        const shuffled = all.toSorted((a, b) => random(a) - random(b));
        const [one, other] = [createCatalogue(), createCatalogue()];
        for (const message of all) one.offer(message);
        for (const message of shuffled) other.offer(message);
        for (const itemId of ['mug', 'cup']) {
          const [x, y] = [one.get(itemId), other.get(itemId)];
          expect(x === undefined || y === undefined ? x === y : compareItems(x, y) === 0).toBe(true);
        }
      }),
    );
  });

  it('reads what encodeItem wrote, and forgets by tombstone', () => {
    const catalogue = createCatalogue();
    expect(catalogue.apply(encodeItem(at('2')))).toBe('applied');
    expect(catalogue.apply(encodeItem(at('2')))).toBe('repeat');
    expect(catalogue.apply(encodeItem(at('1')))).toBe('older');
    expect(catalogue.get('mug')).toEqual(at('2'));
    expect(catalogue.size).toBe(1);
    expect(catalogue.apply({ key: 'mug', value: null })).toBe('applied');
    expect([...catalogue.items()]).toEqual([]);
  });

  it.each(['', '{', 'null', '[]', '{"itemId":"mug"}', '{"itemId":"","time":"t","id":"i","item":{}}'])(
    'leaves the malformed record %s aside',
    (text) => {
      const catalogue = createCatalogue();
      expect(catalogue.apply({ key: 'mug', value: Buffer.from(text) })).toBe('malformed');
      expect(catalogue.size).toBe(0);
    },
  );

  it('names the version that was stamped in', () => {
    expect(itemVersionOf(at('1'))).toBe('2011-12-01T00:00:00.000Z');
    expect(itemVersionOf(at('1', 'a', { version: 7 }))).toBe('7');
  });
});
