import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decideLogs, needsLook, type LogVolume, type LogWish } from './decide.ts';

const open = (events: number, pod = 'uid') => ({ state: 'Open' as const, events, bytes: events * 100, pod });
const closed = (events: number) => ({ state: 'Closed' as const, events, bytes: events * 100, pod: 'uid' });
const alive = { uid: 'uid', isGoing: false };
const going = { uid: 'uid', isGoing: true };

const volume = (ordinal: number, more: Partial<LogVolume> = {}): LogVolume => ({
  claim: `log-shop-ingest-${ordinal}`,
  ordinal,
  isBound: true,
  report: open(0),
  pod: alive,
  ...more,
});

const wish = (more: Partial<LogWish> = {}): LogWish => {
  const replicas = more.replicas ?? 1;
  return { replicas, most: replicas, suspended: false, discards: false, removes: true, ...more };
};

const summary = ({ replicas, held, removable, isDone }: ReturnType<typeof decideLogs>) => ({
  replicas,
  held: held.map(({ ordinal }) => ordinal),
  removable: removable.map(({ ordinal }) => ordinal),
  isDone,
});

const row = (name: string, last: Partial<LogVolume>, expected: object, more: Partial<LogWish> = {}) => ({
  name,
  last,
  more,
  expected,
});
const stays = { replicas: 3, held: [2], removable: [], isDone: false };
const ends = { replicas: 1, held: [], isDone: false };
/** The volumes 1 and 2 are to go from three: 1 is gone and empty, 2 is as the row says. */
const rows = [
  row('nothing waits: its pod may end', {}, { ...ends, removable: [1] }),
  row('events wait: its pod stays', { report: open(7) }, stays),
  row('it has never said anything', { report: undefined }, stays),
  row('what was said is of an earlier pod', { report: open(0, 'earlier') }, stays),
  row('its pod is ending, and its last word is to come', { pod: going, report: open(7) }, { ...ends, removable: [1] }),
  row('its pod has ended with events left: it comes back', { pod: undefined, report: closed(7) }, stays),
  row('its pod ended without a word', { pod: undefined, report: open(0) }, stays),
  row('closed and empty', { pod: undefined, report: closed(0) }, { ...ends, removable: [1, 2] }),
  row('closed and empty, the pod still there', { report: closed(0) }, { ...ends, removable: [1] }),
  row('never bound, never written', { isBound: false, report: undefined }, { ...ends, removable: [1] }),
  row('given up', { pod: undefined, report: closed(7) }, { ...ends, removable: [1, 2] }, { discards: true }),
  row('given up, its pod still there', { report: open(7) }, { ...ends, removable: [1] }, { discards: true }),
  row('kept', { pod: undefined, report: closed(0) }, { ...ends, isDone: true, removable: [] }, { removes: false }),
  row('suspended', { report: open(7) }, { replicas: 0, held: [], removable: [], isDone: false }, { suspended: true }),
  row(
    'within what an autoscaler may want again',
    { pod: undefined, report: closed(0) },
    { replicas: 1, held: [], removable: [], isDone: true },
    { most: 3 },
  ),
  row('events wait, and the autoscaler may not go below', { report: open(7) }, stays, { most: 5 }),
];

describe('scaled from three to one', () => {
  it.each(rows)('$name', ({ last, more, expected }) => {
    const volumes = [volume(0), volume(1, { pod: undefined, report: closed(0) }), volume(2, last)];
    expect(summary(decideLogs(wish(more), volumes))).toEqual(expected);
  });
});

test('pods that are to stay are nobody’s concern', () => {
  const decision = decideLogs(wish({ replicas: 2 }), [
    volume(0, { report: open(9) }),
    volume(1, { report: undefined }),
  ]);
  expect(summary(decision)).toEqual({ replicas: 2, held: [], removable: [], isDone: true });
});

type Looked = readonly [expected: boolean, report?: LogVolume['report']];

describe('a closer look', () => {
  it.each([
    ['not while nothing is to go', 2, wish({ replicas: 2 }), false],
    ['while a volume is to go', 2, wish(), true],
    ['not at what is kept and empty', 1, wish({ removes: false }), false, closed(0)],
    ['at what is kept and not empty', 1, wish({ removes: false }), true, closed(3)],
    ['not at pods of an autoscaler that have nothing', 2, wish({ most: 4 }), false],
    ['at pods of an autoscaler that have something', 2, wish({ most: 4 }), true, open(3)],
    ['at pods that an autoscaler has taken away', 1, wish({ most: 4 }), true],
    ['not while suspended', 0, wish({ suspended: true }), false, open(3)],
  ] as const)('%s', (_name, current, wished, ...[expected, report = open(0)]: Looked) => {
    const cached = [volume(0, { pod: undefined }), volume(1, { pod: undefined, report })];
    expect(needsLook(wished, current, cached)).toBe(expected);
  });
});

test('no volume goes that may hold an event, whatever is seen', () => {
  const reports = fc.constantFrom(undefined, open(0), open(0, 'earlier'), open(5), closed(0), closed(5));
  const volumes = fc
    .array(fc.record({ isBound: fc.boolean(), report: reports, pod: fc.constantFrom(undefined, alive, going) }))
    .map((some) => some.map((more, ordinal) => volume(ordinal, more)));
  const wishes = fc.record({ replicas: fc.nat(3), more: fc.nat(3), suspended: fc.boolean(), removes: fc.boolean() });
  fc.assert(
    fc.property(volumes, wishes, (seen, { replicas, more, ...rest }) => {
      const decision = decideLogs({ replicas, most: replicas + more, discards: false, ...rest }, seen);
      for (const { ordinal, isBound, report, pod } of decision.removable) {
        expect(pod).toBeUndefined();
        if (isBound) expect(report).toEqual(closed(0));
        expect(ordinal).toBeGreaterThanOrEqual(Math.max(replicas + more, decision.replicas));
      }
      // Whoever has events that nobody is about to deliver has a pod, or gets one.
      const owing = seen.filter(({ isBound, report, pod }) => isBound && report?.events === 5 && !pod?.isGoing);
      if (!rest.suspended) for (const { ordinal } of owing) expect(ordinal).toBeLessThan(decision.replicas);
    }),
  );
});
