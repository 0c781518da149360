/** The example kind in a profile: what it says, and that its state is a function of the set of events. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CleanEvent } from '../../services/shared/event.ts';
import { attributesAt } from '../../services/shared/profile/attributes.ts';
import { decodeProfile, encodeProfile } from '../../services/shared/profile/codec.ts';
import { type CompiledFeatures, compileFeatures } from '../../services/shared/profile/compile.ts';
import type { CompiledKind } from '../../services/shared/profile/kinds/kind.ts';
import {
  emptyProfile,
  mergeProfiles,
  type ProfileState,
  updateProfile,
} from '../../services/shared/profile/profile.ts';
import { streak } from './streak.ts';

const longest = 60;
const kind = streak.compile(
  { longest },
  { name: 'visitStreak', weightOf: () => 1, overflow: () => undefined },
) as CompiledKind<unknown>;

/** A registry of one: what compileFeatures makes of a spec, for a kind that no spec knows yet. */
const compiled: CompiledFeatures = {
  ...compileFeatures([], []),
  features: [{ name: 'visitStreak', definition: 'example', kind }],
  names: ['visitStreak'],
  countedBy: () => [0],
};

const day = 86_400_000;
const firstDay = Date.UTC(2026, 0, 1);

function visit(onDay: number, id = `e-${onDay}`): CleanEvent {
  const time = new Date(firstDay + onDay * day + 43_200_000).toISOString();
  return { id, type: 'view', userId: 'u', profile: 'u', time, ingestedAt: time, receivedAt: time };
}

const feed = (events: readonly CleanEvent[]): ProfileState =>
  events.reduce((state, event) => updateProfile(compiled, state, event), emptyProfile(compiled));
const bytesOf = (state: ProfileState): string => Buffer.from(encodeProfile(compiled, state)).toString('hex');
const streakOn = (state: ProfileState, onDay: number): unknown =>
  attributesAt(compiled, state, firstDay + (onDay + 1) * day - 1)['visitStreak']?.value;

describe('streak', () => {
  it.each([
    ['nothing', [], 5, 0],
    ['one day', [5], 5, 1],
    ['days in a row', [3, 4, 5], 5, 3],
    ['a day twice', [4, 5, 5], 5, 2],
    ['a row that reached yesterday', [3, 4], 5, 2],
    ['a row that ended before', [2, 3], 5, 0],
    ['a gap', [1, 2, 4, 5], 5, 2],
    ['more days than it remembers', Array.from({ length: 100 }, (_, onDay) => onDay), 99, longest],
  ])('of %s', (_, days, onDay, expected) => {
    expect(streakOn(feed(days.map((each, place) => visit(each, `e-${place}`))), onDay)).toBe(expected);
  });

  const someDays = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { maxLength: 40 });

  it('is the same in any order, in any parts, and after storage', () => {
    fc.assert(
      fc.property(someDays, fc.infiniteStream(fc.nat()), (days, picks) => {
        const events = days.map((each) => visit(each));
        const shuffled = events.toSorted(() => (picks.next().value! % 3) - 1);
        const whole = feed(events);
        expect(bytesOf(feed(shuffled))).toBe(bytesOf(whole));
        const [left, right] = [shuffled.slice(0, 7), shuffled.slice(7)].map(feed);
        expect(bytesOf(mergeProfiles(compiled, left!, right!))).toBe(bytesOf(whole));
        const stored = decodeProfile(compiled, encodeProfile(compiled, whole));
        expect(streakOn(stored, 200)).toBe(streakOn(whole, 200));
        expect(bytesOf(mergeProfiles(compiled, stored, emptyProfile(compiled)))).toBe(bytesOf(whole));
      }),
    );
  });
});
