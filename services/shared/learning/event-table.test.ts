import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idHash64 } from '../id-hash.ts';
import { EventTable, type TableEvent, type TrainingSet } from './event-table.ts';
import { LinkTable } from './link-table.ts';

type Row = [id: string, profile: string, itemId: string, time: number, more?: Partial<TableEvent>];

function row(...[id, profile, itemId, time, more]: Row): TableEvent {
  const hash = idHash64(id);
  return { profile, itemId, time, id: hash, tie: hash, target: true, ...more };
}

const shown = ({ items, sequences }: TrainingSet): string[][] =>
  Array.from({ length: sequences.starts.length - 1 }, (_, profile) =>
    Array.from(
      sequences.items.subarray(sequences.starts[profile], sequences.starts[profile + 1]),
      (item) => items.ids[item]!,
    ),
  );

describe('EventTable', () => {
  it('orders each profile by time and then by tie', () => {
    const table = new EventTable();
    table.add(row('1', 'u', 'c', 3, { tie: [0, 1] }));
    table.add(row('2', 'u', 'b', 2, { tie: [0, 9] }));
    table.add(row('3', 'v', 'a', 9));
    table.add(row('4', 'u', 'a', 2, { tie: [0, 2] }));
    expect(shown(table.build())).toEqual([['a', 'b', 'c'], ['a']]);
  });

  it('takes each id of a profile once, and the same id of another profile too', () => {
    const table = new EventTable();
    expect(table.add(row('1', 'u', 'a', 1))).toBe(true);
    expect(table.add(row('1', 'u', 'a', 1))).toBe(false);
    expect(table.add(row('1', 'v', 'a', 1))).toBe(true);
    expect(table.events).toBe(2);
  });

  it('lists items by target events, then by steps, then by id, with their newest attributes', () => {
    const table = new EventTable();
    table.add(row('1', 'u', 'b', 5, { item: { category: 'new' } }));
    table.add(row('2', 'u', 'b', 4, { item: { category: 'old' } }));
    table.add(row('3', 'u', 'd', 1));
    table.add(row('4', 'u', 'c', 1));
    table.add(row('5', 'u', 'c', 1, { target: false }));
    table.add(row('6', 'u', 'a', 1, { target: false }));
    const { items, popularity, attributes } = table.build();
    expect(items.ids).toEqual(['b', 'c', 'd', 'a']);
    expect([...popularity]).toEqual([2, 1, 1, 0]);
    expect(attributes).toEqual([{ category: 'new' }, undefined, undefined, undefined]);
  });

  it('joins linked profiles into one sequence', () => {
    const table = new EventTable();
    table.add(row('1', 'visitor', 'a', 1));
    table.add(row('2', 'user', 'b', 2));
    table.add(row('3', 'visitor', 'c', 3));
    table.addLink('visitor', { id: 'user', time: 3, hi: 0, lo: 0 });
    expect(shown(table.build())).toEqual([['a', 'b', 'c']]);
  });

  it('gives the same set whatever the order and repetition of the events', () => {
    const event = fc.record({ id: fc.nat(30), time: fc.nat(4) });
    const rows = fc.uniqueArray(event, { selector: ({ id }) => id, minLength: 1, maxLength: 25 });
    const build = (list: readonly { id: number; time: number }[]): TrainingSet => {
      const table = new EventTable();
      for (const { id, time } of list)
        table.add(row(`e${id}`, `u${id % 3}`, `i${id % 7}`, time, { item: { title: `t${id}` } }));
      return table.build();
    };
    const told = ({ items, popularity, attributes, ...set }: TrainingSet) => ({
      ids: items.ids,
      popularity: [...popularity],
      attributes,
      sequences: shown({ items, popularity, attributes, ...set })
        .map((names) => names.join())
        .toSorted((a, b) => (a < b ? -1 : 1)),
    });
    fc.assert(
      fc.property(
        rows.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
        ),
        ([list, shuffled]) => {
          expect(told(build(shuffled))).toEqual(told(build(list)));
        },
      ),
    );
  });

  it('grows with tens of thousands of events, and tells all their ids apart', () => {
    const table = new EventTable();
    for (let at = 0; at < 20_000; at++) table.add(row(`e${at}`, `u${at % 1000}`, `i${at % 500}`, at));
    for (let at = 0; at < 20_000; at++) expect(table.add(row(`e${at}`, `u${at % 1000}`, 'x', at))).toBe(false);
    const { sequences, items } = table.build();
    expect([sequences.items.length, sequences.starts.length - 1, items.size]).toEqual([20_000, 1000, 500]);
  });
});

describe('LinkTable', () => {
  const link = (id: string, time: number) => ({ id, time, hi: 0, lo: 0 });

  it('follows the earliest link of each source to the root', () => {
    const links = new LinkTable();
    links.offer('a', link('late', 9));
    links.offer('a', link('b', 1));
    links.offer('b', link('c', 5));
    expect(['a', 'b', 'c', 'other'].map((id) => links.rootOf(id))).toEqual(['c', 'c', 'c', 'other']);
  });

  it('takes the bytewise smallest id of a cycle, also for those that only lead into it', () => {
    const links = new LinkTable();
    for (const [source, target] of [
      ['x', 'm'],
      ['m', 'z'],
      ['z', 'd'],
      ['d', 'm'],
    ] as const)
      links.offer(source, link(target, 1));
    expect(['x', 'm', 'z', 'd'].map((id) => links.rootOf(id))).toEqual(['d', 'd', 'd', 'd']);
  });
});
