/** Identity: whatever the order and repetition of links, everyone of one person gets the same answer. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { featuresSchema } from '../../../crds/features.ts';
import type { CleanEvent } from '../event.ts';
import { idHash64 } from '../id-hash.ts';
import { attributesAt } from './attributes.ts';
import { decodeProfile, encodeProfile } from './codec.ts';
import { compileFeatures } from './compile.ts';
import { emptyProfile, updateProfile, type ProfileState } from './profile.ts';
import { resolveIdentity, type ResolvedProfile } from './resolve.ts';
import { eventAt, origin } from './test-events.ts';

const definitions = featuresSchema.parse([
  { name: 'all', count: {} },
  { name: 'history', sequence: { length: 50 } },
  { name: 'links', count: { events: ['identify', 'alias'] } },
]);
const compiled = compileFeatures(definitions, []);

interface LinkAt {
  readonly id: string;
  readonly type: 'identify' | 'alias';
  readonly from: string;
  readonly to: string;
  readonly time: number;
}

/** Both copies of the event that makes a link. */
function copiesOf({ id, type, from, to, time }: LinkAt): CleanEvent[] {
  const ends = type === 'identify' ? { anonymousId: from } : { previousId: from };
  return [...new Set([from, to])].map((profile) => eventAt(time, { id, type, userId: to, ...ends, profile }));
}

class Profiles {
  readonly states = new Map<string, ProfileState>();
  reads: (readonly string[])[] = [];

  feed(events: readonly CleanEvent[], features = compiled): this {
    for (const event of events) {
      const state = this.states.get(event.profile) ?? emptyProfile(features);
      this.states.set(event.profile, updateProfile(features, state, event));
    }
    return this;
  }

  resolve(id: string): Promise<ResolvedProfile> {
    this.reads = [];
    return resolveIdentity(compiled, id, (ids) => {
      this.reads.push(ids);
      return Promise.resolve(ids.map((each) => this.stored(each)));
    });
  }

  /** As a store gives it: decoded anew for every read. */
  stored(id: string): ProfileState | undefined {
    const state = this.states.get(id);
    return state && decodeProfile(compiled, encodeProfile(compiled, state));
  }

  get keysRead(): number {
    return this.reads.reduce((total, ids) => total + ids.length, 0);
  }
}

const link = (from: string, to: string, time = origin, type: LinkAt['type'] = 'identify'): LinkAt => ({
  id: `${from}>${to}@${time}`,
  type,
  from,
  to,
  time,
});

const view = (profile: string, time = origin): CleanEvent =>
  eventAt(time, { id: `view of ${profile}`, itemId: profile, profile, userId: profile });

const linked = (...links: LinkAt[]): Profiles => new Profiles().feed(links.flatMap(copiesOf));

describe('links', () => {
  test('an unlinked profile is one read of one key', async () => {
    const profiles = new Profiles().feed([view('u')]);
    const { root, members, state } = await profiles.resolve('u');
    expect([root, members, profiles.reads]).toEqual(['u', ['u'], [['u']]]);
    expect(encodeProfile(compiled, state!)).toEqual(encodeProfile(compiled, profiles.stored('u')!));
  });

  test('an unknown id is one read, and no state', async () => {
    const profiles = new Profiles();
    expect(await profiles.resolve('u')).toEqual({ root: 'u', members: ['u'], state: undefined });
    expect(profiles.reads).toEqual([['u']]);
  });

  test('a chain leads to its end, from every link of it', async () => {
    const profiles = linked(link('a', 'b'), link('b', 'c', origin, 'alias'), link('c', 'd', origin, 'alias'));
    for (const id of ['a', 'b', 'c', 'd'])
      expect(await profiles.resolve(id)).toMatchObject({ root: 'd', members: ['a', 'b', 'c', 'd'] });
  });

  test('a cycle leads to its bytewise smallest id, also from outside it', async () => {
    const cycle = ['\u{1f600}', '\uffee', 'z'];
    const profiles = linked(
      link(cycle[0]!, cycle[1]!, origin, 'alias'),
      link(cycle[1]!, cycle[2]!, origin, 'alias'),
      link(cycle[2]!, cycle[0]!, origin, 'alias'),
      link('A', cycle[0]!),
    );
    for (const id of [...cycle, 'A'])
      expect(await profiles.resolve(id)).toMatchObject({ root: 'z', members: ['A', 'z', '\uffee', '\u{1f600}'] });
  });

  test('a shared device belongs to whom it was linked first, though later ones list it', async () => {
    const profiles = linked(
      link('device', 'late', origin + 2),
      link('device', 'early', origin + 1),
      link('own', 'late'),
    );
    expect(profiles.states.get('late')!.sources.map(({ id }) => id)).toEqual(['own', 'device']);
    expect(await profiles.resolve('device')).toMatchObject({ root: 'early', members: ['device', 'early'] });
    expect(await profiles.resolve('late')).toMatchObject({ root: 'late', members: ['late', 'own'] });
  });

  test('of two links of one time, the id with the smaller hash wins', async () => {
    const [first, second] = ['x', 'y'].toSorted((a, b) => idHash64(a)[0] - idHash64(b)[0]) as [string, string];
    const profiles = linked({ ...link('device', 'u2'), id: second }, { ...link('device', 'u1'), id: first });
    expect((await profiles.resolve('device')).root).toBe('u1');
  });

  test('a link to oneself, and one without both ends, is none', () => {
    const profiles = linked(link('u', 'u')).feed([
      eventAt(origin, { type: 'identify', userId: 'v', anonymousId: null, profile: 'v' }),
      eventAt(origin, { type: 'alias', userId: 'v', anonymousId: 'a', profile: 'v' }),
      eventAt(origin, { type: 'view', userId: 'v', anonymousId: 'a', profile: 'v' }),
    ]);
    for (const state of profiles.states.values()) expect([state.link, state.sources]).toEqual([undefined, []]);
  });

  test('mergeOn says which events make links', () => {
    const aliasOnly = compileFeatures(definitions, [], { mergeOn: ['alias'] });
    const events = [link('a', 'u'), link('b', 'u', origin, 'alias')].flatMap(copiesOf);
    const profiles = new Profiles().feed(events, aliasOnly);
    expect(profiles.states.get('u')!.sources.map(({ id }) => id)).toEqual(['b']);
    expect(profiles.states.get('a')!.link).toBeUndefined();
  });
});

test('a person has the events of all members, each once, and an event that made a link once', async () => {
  const profiles = linked(link('a', 'u'), link('b', 'u', origin, 'alias')).feed([view('a'), view('b'), view('u')]);
  const { state } = await profiles.resolve('a');
  const attributes = attributesAt(compiled, state!, origin);
  expect(attributes['all']!.value).toBe(3);
  expect(attributes['links']!.value).toBe(2);
  expect((attributes['history']!.value as { itemId: string }[]).map(({ itemId }) => itemId).toSorted()).toEqual([
    'a',
    'b',
    'u',
  ]);
});

test('an id whose target has not heard of it yet still has its own events', async () => {
  const [fromCopy] = copiesOf(link('a', 'u'));
  const profiles = new Profiles().feed([view('a'), fromCopy!]);
  const { root, members, state } = await profiles.resolve('a');
  expect([root, members]).toEqual(['u', ['a', 'u']]);
  expect(attributesAt(compiled, state!, origin)['all']!.value).toBe(1);
});

test('a source that has not heard of its link yet belongs to the target that lists it', async () => {
  const [, toCopy] = copiesOf(link('a', 'u'));
  const profiles = new Profiles().feed([view('a'), toCopy!]);
  expect((await profiles.resolve('u')).members).toEqual(['a', 'u']);
});

describe('bounds', () => {
  const many = Array.from({ length: 200 }, (_, i) => link(`s${i}`, 'u', origin + i));

  test('a target keeps the 64 sources whose latest link is the latest', () => {
    const known = link('s150', 'u', origin + 1000);
    const forgotten = link('s0', 'u', origin + 1001);
    const { sources } = linked(forgotten, ...many, known).states.get('u')!;
    const latest = many.map(({ from }) => from).filter((id) => id !== 's150');
    expect(sources.map(({ id }) => id)).toEqual([...latest.slice(-62), 's150', 's0']);
  });

  test('an answer reads at most 64 keys, level by level, the latest links first', async () => {
    const profiles = linked(...many);
    const { members } = await profiles.resolve('u');
    expect([profiles.keysRead, profiles.reads.length]).toEqual([64, 2]);
    expect(members).toHaveLength(64);
    expect(members).not.toContain('s136');
    expect(members).toContain('s137');
  });

  test('a chain of any length ends at the 64th key', async () => {
    const chain = Array.from({ length: 100 }, (_, i) => link(`${i}`, `${i + 1}`, origin, 'alias'));
    const profiles = linked(...chain);
    expect((await profiles.resolve('0')).members).toHaveLength(64);
    expect(profiles.keysRead).toBe(64);
  });
});

/** Who belongs together, computed from all links at once: everyone whose earliest links lead to the same root. */
function oracle(links: readonly LinkAt[], ids: readonly string[]): Map<string, { root: string; members: string[] }> {
  const key = ({ time, id, to }: LinkAt): [number, number, number, string] => [
    time,
    ...idHash64(id),
    Buffer.from(to).toString('hex'),
  ];
  const before = (a: LinkAt, b: LinkAt): boolean => {
    const [x, y] = [key(a), key(b)];
    const place = x.findIndex((part, i) => part !== y[i]);
    return place >= 0 && x[place]! < y[place]!;
  };
  const target = new Map<string, LinkAt>();
  for (const each of links) {
    const known = target.get(each.from);
    if (each.from !== each.to && (known === undefined || before(each, known))) target.set(each.from, each);
  }
  const rootOf = (id: string): string => {
    const walk = [id];
    for (let i = 0; i < 100; i++) walk.push(target.get(walk.at(-1)!)?.to ?? walk.at(-1)!);
    // After 100 steps the walk is on the cycle, or stands at the end: the smallest of the last 50 is the root of either.
    return walk.slice(-50).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))[0]!;
  };
  const members = (root: string): string[] => ids.filter((id) => rootOf(id) === root);
  return new Map(ids.map((id) => [id, { root: rootOf(id), members: members(rootOf(id)) }]));
}

test('any links, in any order, repeated, give everyone the oracle’s answer', async () => {
  const ids = ['A', 'a', 'b', 'c', 'd', 'e', '\uffee', '\u{1f600}'];
  const anyLink = fc.record({
    id: fc.integer({ min: 0, max: 30 }).map(String),
    type: fc.constantFrom('identify' as const, 'alias' as const),
    from: fc.constantFrom(...ids),
    to: fc.constantFrom(...ids),
    time: fc.integer({ min: 0, max: 3 }).map((step) => origin + step),
  });
  const cases = fc
    .array(anyLink, { maxLength: 14 })
    .chain((links) =>
      fc.tuple(fc.constant(links), fc.shuffledSubarray([...links, ...links, ...links].flatMap(copiesOf))),
    );
  await fc.assert(
    fc.asyncProperty(cases, async ([links, some]) => {
      // Everything at least once in some order, then a part of it again in another.
      const profiles = new Profiles().feed([...some, ...links.toReversed().flatMap(copiesOf)]);
      const expected = oracle(links, ids);
      for (const id of ids) {
        const { root, members } = await profiles.resolve(id);
        expect([id, root, members]).toEqual([id, expected.get(id)!.root, expected.get(id)!.members]);
        expect(profiles.keysRead).toBeLessThanOrEqual(ids.length);
      }
    }),
    { numRuns: 200 },
  );
});
