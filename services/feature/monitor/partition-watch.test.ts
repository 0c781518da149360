/** What is seen of a block is neither lost nor doubled, wherever chunks, commits and replicas are cut. */
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { blockSize, decodeSummary, type BlockSummary } from '../../shared/learning/drift/block-summary.ts';
import type { ReadyEvent } from '../../shared/clean-line.ts';
import type { ProfileState } from '../../shared/profile/profile.ts';
import type { PartitionNote } from '../../shared/profile-store.ts';
import { createPartitionWatch, type Sample } from './partition-watch.ts';
import type { WatchedModel } from './watched-model.ts';

const model = (digest: string, generation = 1): WatchedModel => ({
  name: 'm',
  version: `v-${digest}`,
  digest,
  generation,
  sketches: new Map([['x', { bins: 3, locate: (value: unknown) => (typeof value === 'number' ? value % 3 : -1) }]]),
  look: () => undefined,
});

interface Lines {
  readonly offset: number;
  readonly timestamp: number;
  readonly lines: number;
}

const watchOf = (models: readonly WatchedModel[]) =>
  createPartitionWatch({ partition: 4, share: 1, models: () => models, logger: pino({ enabled: false }) });

/** One line of each record is sampled, now and then. */
const samplesOf = (records: readonly Lines[], by: WatchedModel): Sample[] =>
  records
    .filter(({ offset }) => offset % 3 !== 1)
    .map(({ offset }) => ({
      offset,
      seen: [
        {
          model: by,
          values: [['x', offset % 5 === 0 ? undefined : offset]] as const,
          ...(offset % 2 === 0 && { asked: { hit: offset % 4 === 0, popularityHit: true } }),
          ...(offset % 6 === 0 && { paired: { model: model('c', 2), hit: offset % 9 === 0 } }),
        },
      ],
    }));

const markAt = ({ offset, timestamp }: Lines) => ({ offset, timestamp, definition: 'd' });

/** Commits chunk by chunk; at a cut the work of a chunk is lost after it was told, or the next replica goes on. */
function apply(
  records: readonly Lines[],
  chunks: readonly number[],
  cuts: readonly ('none' | 'restart' | 'conflict')[],
): BlockSummary[] {
  const by = model('a');
  const told: BlockSummary[] = [];
  let stored: PartitionNote = { watermark: undefined, note: undefined };
  let watch = watchOf([by]);
  watch.restore(stored);
  for (let at = 0, turn = 0; at < records.length; turn++) {
    const chunk = records.slice(at, at + (chunks[turn % chunks.length] ?? 1));
    const { summaries, note } = watch.fold({ records: [...chunk] }, samplesOf(chunk, by));
    told.push(...summaries.map(decodeSummary));
    const cut = cuts[turn % cuts.length];
    if (cut === 'conflict' && turn % 2 === 0) {
      watch.restore(stored);
      // The same chunk comes again, cut elsewhere.
      const again = records.slice(at, at + 1);
      const redone = watch.fold({ records: [...again] }, samplesOf(again, by));
      told.push(...redone.summaries.map(decodeSummary));
      stored = { watermark: markAt(again[0]!), note: redone.note };
      at += 1;
      continue;
    }
    stored = { watermark: markAt(chunk.at(-1)!), note };
    at += chunk.length;
    if (cut === 'restart') {
      watch = watchOf([by]);
      watch.restore(stored);
    }
  }
  return told;
}

/** As the monitor takes them: each block once. */
function once(summaries: readonly BlockSummary[]): BlockSummary[] {
  const taken: BlockSummary[] = [];
  for (const each of summaries) if (each.to > (taken.at(-1)?.to ?? -1)) taken.push(each);
  return taken;
}

describe('a partition watch', () => {
  const gap = fc.oneof(
    { weight: 20, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.integer({ min: 2, max: 1500 }) },
  );
  const log = fc
    .array(fc.tuple(gap, fc.integer({ min: 0, max: 400 })), { minLength: 1, maxLength: 60 })
    .map((steps) => {
      let offset = -1;
      return steps.map(([step, lines]): Lines => ({ offset: (offset += step), timestamp: 1000 + offset, lines }));
    });
  const cut = fc.constantFrom('none' as const, 'restart' as const, 'conflict' as const);

  it('tells the same blocks wherever work is cut', () => {
    fc.assert(
      fc.property(
        log,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        fc.array(cut, { minLength: 1 }),
        (records, chunks, cuts) => {
          const straight = apply(records, [records.length], ['none']);
          expect(once(apply(records, chunks, cuts))).toEqual(straight);
        },
      ),
    );
  });

  it('counts each sample of the blocks that have ended once', () => {
    fc.assert(
      fc.property(log, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (records, chunks) => {
        const told = apply(records, chunks, ['restart']);
        const last = told.at(-1)?.to ?? -1;
        const samples = samplesOf(
          records.filter(({ offset }) => offset <= last),
          model('a'),
        );
        const sum = (of: (summary: BlockSummary['models'][number]) => number) =>
          told.reduce((total, { models }) => total + of(models[0]!), 0);
        expect(sum(({ sampled }) => sampled)).toBe(samples.length);
        expect(sum(({ quality }) => quality.questions)).toBe(samples.filter(({ offset }) => offset % 2 === 0).length);
        expect(sum(({ quality }) => quality.hits)).toBe(samples.filter(({ offset }) => offset % 4 === 0).length);
        const paired = samples.filter(({ offset }) => offset % 6 === 0);
        expect(sum(({ trial }) => trial?.questions ?? 0)).toBe(paired.length);
        expect(sum(({ trial }) => trial?.hits ?? 0)).toBe(paired.filter(({ offset }) => offset % 9 === 0).length);
        expect(sum(({ trial }) => trial?.stableHits ?? 0)).toBe(paired.filter(({ offset }) => offset % 4 === 0).length);
        expect(sum(({ inputs }) => inputs['x']?.missing ?? 0)).toBe(
          samples.filter(({ offset }) => offset % 5 === 0).length,
        );
      }),
    );
  });

  it('ends a block at a thousand offsets, and before at a thousand events', () => {
    const records = Array.from({ length: 2500 }, (_, offset) => ({
      offset,
      timestamp: 0,
      lines: offset < 2000 ? 1 : 300,
    }));
    const told = apply(records, [7], ['none']);
    expect(told.slice(0, 4).map(({ from, to }) => [from, to])).toEqual([
      [0, blockSize - 1],
      [1000, 1999],
      [2000, 2003],
      [2004, 2007],
    ]);
  });

  it('gives up what it counted of a model when another takes its place, and keeps what the next replica has no model for', () => {
    const [old, young] = [model('a', 1), model('b', 2)];
    const records = Array.from({ length: 4 }, (_, offset) => ({ offset, timestamp: 0, lines: 1 }));
    const watch = watchOf([old]);
    watch.fold({ records }, samplesOf(records, old));
    const later = records.map((record) => ({ ...record, offset: record.offset + 4 }));
    const { note } = watch.fold({ records: later }, samplesOf(later, young));
    expect(decodeSummary(note!).models).toMatchObject([{ digest: 'b', generation: 2, sampled: 2 }]);
    const next = watchOf([]);
    next.restore({ watermark: markAt(later.at(-1)!), note });
    const rest = [{ offset: 999, timestamp: 0, lines: 1 }];
    const { summaries } = next.fold({ records: rest }, []);
    expect(decodeSummary(summaries[0]!).models).toMatchObject([{ digest: 'b', sampled: 2 }]);
  });

  it('asks the model on trial what the other one is asked, of what came since the trial began', () => {
    const since = '2026-01-01T00:00:00.000Z';
    const answering = (digest: string, hit: boolean): WatchedModel => ({
      ...model(digest),
      look: ({ clean }) => ({ values: [], ...(clean.itemId && { asked: { hit, popularityHit: false } }) }),
    });
    const watch = watchOf([{ ...answering('a', true), onTrial: { model: answering('c', false), since } }]);
    const seenOf = (ingestedAt: string, itemId: string | null) =>
      watch.observe(0, { clean: { ingestedAt, itemId }, hash: [0, 0] } as unknown as ReadyEvent, {} as ProfileState)!
        .seen[0]!;
    expect(seenOf(since, 'x').paired).toMatchObject({ model: { digest: 'c' }, hit: false });
    expect(seenOf('2025-12-31T23:59:59.999Z', 'x')).not.toHaveProperty('paired');
    expect(seenOf(since, null)).not.toHaveProperty('paired');
  });

  it('reads what was written before models on trial were asked', () => {
    const summary = { model: 'm', version: 'v', digest: 'a', generation: 1, sampled: 1, inputs: {} };
    const models = [{ ...summary, quality: { questions: 0, hits: 0, popularityHits: 0 } }];
    const old = { format: 1, partition: 0, from: 0, to: 0, timestamp: 0, events: 1, models };
    expect(decodeSummary(Buffer.from(JSON.stringify(old)))).toEqual(old);
  });

  it('writes no note while nothing is watched, and forgets one that a commit has left behind', () => {
    const records = [{ offset: 0, timestamp: 0, lines: 1 }];
    expect(watchOf([]).fold({ records }, [])).toEqual({ summaries: [], note: undefined });
    const { note } = watchOf([model('a')]).fold({ records }, samplesOf(records, model('a')));
    const watch = watchOf([]);
    watch.restore({ watermark: markAt({ offset: 7, timestamp: 0, lines: 1 }), note });
    expect(watch.fold({ records: [{ offset: 8, timestamp: 0, lines: 1 }] }, []).note).toBeUndefined();
    watch.restore({ watermark: markAt(records[0]!), note: Buffer.from('half a no') });
    expect(watch.fold({ records: [{ offset: 1, timestamp: 0, lines: 1 }] }, []).note).toBeUndefined();
  });
});

it('asks models of the profile that an event has left, where they want to be asked then', () => {
  const later: WatchedModel = {
    ...model('b'),
    name: 'n',
    lookAfter: (_, state) => ({ values: [['x', state.counted[0]]] }),
  };
  const first: WatchedModel = { ...model('a'), look: () => ({ values: [['x', 1]] }) };
  const event = { clean: {}, hash: [0, 0] } as unknown as ReadyEvent;
  const state = (counted: number) => ({ counted: [counted] }) as unknown as ProfileState;
  const sample = watchOf([first, later]).observe(7, event, state(3))!;
  expect(sample.seen).toEqual([{ model: first, values: [['x', 1]] }]);
  const seen = [...sample.seen, { model: later, values: [['x', 4]] }];
  expect(sample.after!(state(4))).toEqual({ offset: 7, seen });
  expect(watchOf([first]).observe(7, event, state(3))).not.toHaveProperty('after');
});
