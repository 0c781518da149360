/** Properties of the assignment: complete, even, and lazy. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign, type Share, type Slot } from './assignment.ts';

const slotsOf = (count: number): Slot[] =>
  Array.from({ length: count }, (_, index) => ({ key: `t/${index}`, topic: 't' }));
const shareOf = (member: number, holds: Iterable<string> = []): Share<number> => ({
  member,
  wants: (topic) => topic === 't',
  holds: new Set(holds),
});

describe('assign', () => {
  it('gives every slot to exactly one member, and no member two more than another', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 12 }),
        fc.array(fc.nat(11), { minLength: 1, maxLength: 5 }),
        (count, seed) => {
          const slots = slotsOf(count);
          // Slot i is held by the member that the seed points to, if there is one.
          const holds = seed.map((_, member) =>
            slots.filter((_s, i) => seed[i % seed.length]! % seed.length === member),
          );
          const shares = seed.map((_, member) =>
            shareOf(
              member,
              holds[member]!.map(({ key }) => key),
            ),
          );
          const result = [...assign(shares, slots).values()];
          expect(result.flatMap((keys) => [...keys]).toSorted()).toEqual(slots.map(({ key }) => key).toSorted());
          const sizes = result.map(({ size }) => size);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('moves nothing when the shares are even already', () => {
    const shares = [shareOf(0, ['t/0', 't/3']), shareOf(1, ['t/1', 't/2'])];
    expect(assign(shares, slotsOf(4))).toEqual(
      new Map([
        [0, shares[0]!.holds],
        [1, shares[1]!.holds],
      ]),
    );
  });

  it('moves only what a newcomer needs', () => {
    const result = assign([shareOf(0, ['t/0', 't/1']), shareOf(1, ['t/2', 't/3']), shareOf(2)], slotsOf(4));
    expect(result.get(2)!.size).toBe(1);
    const kept = [...result.get(0)!, ...result.get(1)!];
    expect(kept).toHaveLength(3);
    expect([...result.get(0)!].every((key) => ['t/0', 't/1'].includes(key))).toBe(true);
  });

  it('gives a slot only to those who want its topic, and drops slots that are gone', () => {
    const other: Slot = { key: 'u/0', topic: 'u' };
    const wantsAll: Share<string> = { member: 'all', wants: () => true, holds: new Set(['gone/0']) };
    const wantsT: Share<string> = { member: 't', wants: (topic) => topic === 't', holds: new Set() };
    const result = assign([wantsT, wantsAll], [other]);
    expect(result).toEqual(
      new Map([
        ['t', new Set()],
        ['all', new Set(['u/0'])],
      ]),
    );
    expect(assign([wantsT], [other]).get('t')).toEqual(new Set());
    expect(assign([], slotsOf(2))).toEqual(new Map());
  });
});
