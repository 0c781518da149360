import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanerSlice } from '../../crds/slices.ts';
import { createCatalogue } from '../shared/catalogue.ts';
import type { CleanEvent } from '../shared/event.ts';
import { outlierFinder } from '../shared/learning/cleaning/strangeness.ts';
import { unpackLines } from '../shared/record.ts';
import type { ActiveCleaning } from './active-cleaning.ts';
import { createCatalogueFeed } from './catalogue-feed.ts';
import { createBatchCleaner, type CleanBatch } from './clean-batch.ts';

describe('an event that comes again, after a newer model has come', () => {
  const learning = cleanerSlice.parse({
    events: [{ name: 'purchase' }],
    cleaning: {
      impute: [{ name: 'price', field: 'value', with: 'Mean' }],
      scale: [{ name: 'price', field: 'value', method: 'MinMax' }],
      outliers: [{ name: 'odd', fields: ['value'], method: 'ZScore', action: 'Tag' }],
    },
  });
  const modelOf = (version: string, mean: number): ActiveCleaning => ({
    version,
    impute: new Map([['price', { overall: mean, groups: new Map() }]]),
    scale: new Map([['price', { method: 'MinMax', offset: 0, factor: mean }]]),
    outliers: new Map([
      [
        'odd',
        outlierFinder({
          kind: 'Spread',
          fields: [{ method: 'ZScore', center: mean, spread: 1, threshold: 3 }],
        }),
      ],
    ]),
  });

  const sent = (more: object = {}): Record<string, unknown> => ({
    id: 'e-1',
    type: 'purchase',
    userId: 'u-1',
    time: '2024-02-01T12:00:00.000Z',
    ingestedAt: '2024-02-01T12:00:00.000Z',
    receivedAt: '2024-02-01T12:00:00.000Z',
    ...more,
  });
  const eventsOf = ({ clean }: CleanBatch): CleanEvent[] =>
    clean.flatMap(({ value }) => unpackLines(value!).map((line) => JSON.parse(line) as CleanEvent));

  function cleaned(line: string, cleaning: ActiveCleaning | undefined) {
    const catalogue = createCatalogue();
    const feed = createCatalogueFeed(catalogue);
    const clean = createBatchCleaner(learning, { catalogue, feed, partitions: 8, cleaning: () => cleaning });
    const records = [{ offset: 0, key: null, value: Buffer.from(line), timestamp: 0 }];
    return clean({ topic: 'raw', partition: 0, records }, Date.parse('2024-02-01T12:00:01.000Z'));
  }

  it('lies beside its first copy, by which profile and training know it: the first one counts', () => {
    const value = fc.option(fc.integer({ min: 0, max: 100 }), { nil: null });
    fc.assert(
      fc.property(value, fc.string({ minLength: 1, maxLength: 20 }), (given, userId) => {
        const line = JSON.stringify(sent({ userId, value: given }));
        const copies = [undefined, modelOf('v1', 10), modelOf('v2', 20)].map((model) => cleaned(line, model));
        const places = copies.map(({ clean }) => clean.map(({ partition }) => partition));
        const same = copies.map((batch) =>
          eventsOf(batch).map(({ id, profile, type, time }) => ({ id, profile, type, time })),
        );
        for (const other of [1, 2]) expect([places[other], same[other]]).toEqual([places[0], same[0]]);
        expect(copies.map((batch) => eventsOf(batch)[0]!.cleanedBy)).toEqual([undefined, 'v1', 'v2']);
      }),
    );
  });

  it('appends what is learned to the bytes that came in, and counts it', () => {
    const line = JSON.stringify(sent());
    const batch = cleaned(line, modelOf('v1', 10));
    const text = Buffer.from(batch.clean[0]!.value!).toString();
    expect(text.startsWith(line.slice(0, -1))).toBe(true);
    expect(JSON.parse(text)).toEqual(
      sent({ value: 10, imputed: ['value'], scaled: { price: 1 }, cleanedBy: 'v1', profile: 'u-1' }),
    );
    expect([...batch.applied.values()]).toEqual([
      { kind: 'imputed', step: 'price', events: 1 },
      { kind: 'scaled', step: 'price', events: 1 },
    ]);
  });
});
