import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CleanEvent } from '../../event.ts';
import { eventAt, hour, origin } from '../../profile/test-events.ts';
import { collectEvent } from '../collect.ts';
import { invertHere } from '../ease.ts';
import { EventTable } from '../event-table.ts';
import { fitAll } from '../fit.ts';
import { addGram, packedTriangle } from '../gram.ts';
import type { Coordinates } from '../item-matrix.ts';
import { encodeMatrix } from '../matrix-file.ts';
import type { ModelInputs } from '../model-inputs.ts';
import { pack, unpack } from '../packed.ts';
import { PairCounts } from '../pair-counts.ts';
import { countPairs } from '../sequential-rules.ts';
import { addProducts, fitSums, itemsOf } from './fit-sums.ts';
import { restoreSums, storeSums, type SumsHeader } from './sums-file.ts';
import { Sums, tailLength } from './sums.ts';

const window = 3;
const inputs: ModelInputs = {
  name: 'next',
  history: new Set(['view', 'purchase']),
  targets: new Set(['purchase']),
  length: 4,
  window,
  decay: 0.8,
  regularization: 10,
  maxItems: 100,
  schema: 'a'.repeat(64),
} as ModelInputs;
const mergeOn = ['identify', 'alias'] as const;

/** Late ones, repeats, and visitors who turn out to be somebody, who may turn out to be somebody else. */
const logsOf = (types: readonly string[], latest: number, ids: number): fc.Arbitrary<CleanEvent[]> =>
  fc
    .array(
      fc.record({
        type: fc.constantFrom(...types),
        hours: fc.integer({ min: 0, max: 60 }),
        late: fc.nat(latest),
        id: fc.nat(ids),
        item: fc.nat(7),
        profile: fc.constantFrom('ann', 'bob', 'v1', 'v2'),
        to: fc.constantFrom('ann', 'bob'),
      }),
      { maxLength: 80, size: 'max' },
    )
    .map((drafts) => drafts.toSorted((a, b) => a.hours + a.late - b.hours - b.late))
    .map((drafts) =>
      drafts.flatMap(({ type, hours, id, item, profile, to }): CleanEvent[] => {
        const body = { type, id: `${profile}${type}${id}`, itemId: `i${item}`, profile, userId: profile };
        const time = origin + hours * hour;
        if (type !== 'identify' && type !== 'alias') return [eventAt(time, { ...body, item: { title: `t${id}` } })];
        const ends = type === 'identify' ? { anonymousId: profile } : { previousId: profile };
        const link = eventAt(time, { ...body, ...ends, itemId: null, userId: to });
        return [
          { ...link, profile: to },
          { ...link, profile },
        ];
      }),
    );

const logs = logsOf(['view', 'purchase', 'purchase', 'identify', 'alias', 'other'], 6, 80);
/** Few links, and none that moves anybody; little is late, and a repeat is the same event, its time included. */
const calmTypes = [...Array.from({ length: 12 }, (_, at) => (at % 2 ? 'view' : 'purchase')), 'identify'];
const calmLogs = logsOf(calmTypes, 2, 1e6).map((log) =>
  log
    .filter(({ type, anonymousId }) => type !== 'identify' || anonymousId === 'v1')
    .map((event) => ({ ...event, id: `${event.id}@${event.time}` })),
);

function summed(log: readonly CleanEvent[], kept?: number): Sums {
  const sums = new Sums(inputs, mergeOn, kept);
  for (const event of log) sums.take(event);
  return sums;
}

/** From the bytes of a file. */
function stored(sums: Sums): Sums {
  const { header, arrays } = storeSums(sums);
  return restoreSums(unpack<SumsHeader>(pack(header, arrays)), inputs, mergeOn);
}

const triangleOf = (sums: Sums): number[] => {
  const known = itemsOf(sums);
  const size = known.items.size;
  const triangle = packedTriangle(size);
  addProducts(
    sums,
    known,
    Int32Array.from({ length: size }, (_, item) => item),
    triangle,
  );
  return [...triangle.values];
};

const listed = ({ rows, columns, values }: Coordinates, indexOf?: Uint32Array): string[] =>
  Array.from(values, (value, at) => {
    const [row, column] = [rows[at]!, columns[at]!].map((item) => (indexOf ? indexOf[item]! : item));
    return `${row} ${column} ${value}`;
  }).toSorted();

/** All that a model comes from. */
function contentOf(sums: Sums) {
  const known = itemsOf(sums);
  const { items, popularity, steps, attributes } = known;
  return {
    items: items.ids,
    popularity,
    steps,
    attributes,
    pairs: listed(sums.pairs.counts.coordinates(), known.indexOf),
    gram: triangleOf(sums),
  };
}

/** The same from all events at once, as a training without sums has it. */
function reference(log: readonly CleanEvent[]) {
  const table = new EventTable();
  for (const event of log) collectEvent({ table, inputs, mergeOn }, event);
  const { items, popularity, attributes, sequences } = table.build();
  const counts = new PairCounts(Math.max(1, items.size));
  countPairs(sequences, window, counts);
  const triangle = packedTriangle(items.size);
  addGram(
    sequences,
    Int32Array.from({ length: items.size }, (_, item) => item),
    triangle,
  );
  const steps = new Float64Array(items.size);
  for (const item of sequences.items) steps[item]!++;
  return {
    items: items.ids,
    popularity,
    steps,
    attributes,
    pairs: listed(counts.coordinates()),
    gram: [...triangle.values],
  };
}

const isExact = ({ inexact }: Sums): boolean => Object.values(inexact).every((count) => count === 0);

test('sums of events are what all events together give, to the bit, wherever nothing is inexact', () => {
  let exact = 0;
  fc.assert(
    fc.property(logs, (log) => {
      const sums = summed(log);
      if (sums.inexact.moved > 0) return;
      exact++;
      expect(isExact(sums)).toBe(true);
      expect(contentOf(sums)).toEqual(reference(log));
    }),
    { numRuns: 150 },
  );
  expect(exact).toBeGreaterThan(20);
});

test('what is stored at any cut and restored goes on as if it had never been cut, whatever is kept', () => {
  fc.assert(
    fc.property(logs, fc.nat(80), fc.integer({ min: window, max: 8 }), (log, cut, kept) => {
      const first = summed(log.slice(0, cut), kept);
      const second = stored(first);
      for (const event of log.slice(cut)) second.take(event);
      const whole = summed(log, kept);
      expect(contentOf(second)).toEqual(contentOf(whole));
      expect([second.events, second.inexact]).toEqual([whole.events, whole.inexact]);
    }),
    { numRuns: 150 },
  );
});

test('with few steps kept, whatever is not counted as inexact is still exact', () => {
  let exact = 0;
  fc.assert(
    fc.property(calmLogs, (log) => {
      const sums = summed(log, window + 2);
      const hasDropped = [...sums.persons.persons()].some((person) => sums.histories.of(person).isCut);
      if (!hasDropped || !isExact(sums)) return;
      exact++;
      expect(contentOf(sums)).toEqual(reference(log));
    }),
    { numRuns: 300 },
  );
  expect(exact).toBeGreaterThan(20);
});

test('a model of sums has the bytes of a model of all events', async () => {
  const log = Array.from({ length: 200 }, (_, at) =>
    eventAt(origin + ((at * 37) % 200) * hour, {
      id: `e${at}`,
      type: at % 3 === 0 ? 'view' : 'purchase',
      itemId: `i${(at * 7) % 11}`,
      profile: `p${at % 9}`,
    }),
  );
  const table = new EventTable();
  for (const event of log) collectEvent({ table, inputs, mergeOn }, event);
  const set = table.build();
  const options = { inputs, inverter: invertHere, now: () => 0 };
  const full = await fitAll(set.sequences, set.items, options);
  const sums = stored(summed(log));
  const fitted = await fitSums(sums, itemsOf(sums), options);
  expect(fitted.items.ids).toEqual(full.items.ids);
  expect(fitted.popularity.counts).toEqual(full.popularity.counts);
  for (const [made, wanted] of [
    [fitted.sr, full.sr],
    [fitted.ease.matrix, full.ease.matrix],
  ] as const)
    expect(Buffer.compare(encodeMatrix(made, 11), encodeMatrix(wanted, 11))).toBe(0);
});

test('a step that is older than all that is kept is left out and counted', () => {
  const step = (at: number, id: string) =>
    eventAt(origin + at * hour, { id, type: 'purchase', itemId: `i${at}`, profile: 'ann' });
  const kept = tailLength(inputs);
  const sums = summed(Array.from({ length: kept + 5 }, (_, at) => step(at + 10, `e${at}`)));
  sums.take(step(1, 'late'));
  expect(sums.inexact).toEqual({ beyond: 1, joins: 0, moved: 0 });
  expect(sums.events).toBe(kept + 5);
});
