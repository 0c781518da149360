import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImputeStep, LearnedSteps, OutlierStep } from '../../../../crds/learned-cleaning.ts';
import type { CleanEvent } from '../../event.ts';
import { normalSource, startTwister } from '../statistics/mersenne-twister.ts';
import { cleaningReport } from './cleaning-report.ts';
import {
  cleaningFile,
  decodeCleaning,
  encodeCleaning,
  type CleaningModel,
  type Strangeness,
} from './cleaning-model.ts';
import { groupsKept } from './impute-sums.ts';
import { outlierFinder, thresholdOf } from './strangeness.ts';
import { CleaningSums } from './sums.ts';

const start = Date.UTC(2026, 0, 1);
const event = (id: number, more: Partial<CleanEvent> = {}): CleanEvent => {
  const time = new Date(start + id * 1000).toISOString();
  return {
    id: `e${id}`,
    type: 'purchase',
    userId: 'u',
    profile: 'u',
    time,
    ingestedAt: time,
    receivedAt: time,
    ...more,
  };
};
const steps = (some: Partial<LearnedSteps>): LearnedSteps => ({ impute: [], scale: [], outliers: [], ...some });
const impute = (method: ImputeStep['with'], more: Partial<ImputeStep> = {}): ImputeStep => ({
  name: method,
  field: 'value',
  with: method,
  ...more,
});
const outliers = (method: OutlierStep['method'], more: Partial<OutlierStep> = {}): OutlierStep => ({
  name: method,
  fields: ['value', 'quantity'],
  method,
  action: 'Tag',
  ...more,
});
const json = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function sumsOf(spec: LearnedSteps, events: readonly CleanEvent[]): CleaningSums {
  const sums = new CleaningSums(spec);
  for (const one of events) sums.add(one);
  return sums;
}

const fitted = (spec: Partial<LearnedSteps>, events: readonly CleanEvent[]): CleaningModel =>
  sumsOf(steps(spec), events).fit();

const methods = ['Mean', 'Median', 'Mode', 'Last', 'Interpolate'] as const;
const everything = steps({
  impute: methods.map((method) => impute(method, { by: 'itemId' })),
  scale: (['Standard', 'MinMax', 'Robust'] as const).map((method) => ({ name: method, field: 'value', method })),
  outliers: (['ZScore', 'MAD', 'IsolationForest', 'DBSCAN'] as const).map((method) => outliers(method)),
});

describe('what is learned for the cleaning', () => {
  const values = [4, 1, 7, 7, 2];
  const priced = values.map((value, at) => event(at, { value, itemId: at < 2 ? 'a' : 'b' }));

  it('is a mean, a median, a mode and the newest points, of all and by group', () => {
    const { impute: learned } = fitted({ impute: methods.map((method) => impute(method, { by: 'itemId' })) }, priced);
    const overall = Object.fromEntries(learned.map(({ name, overall: all }) => [name, all]));
    expect(overall).toMatchObject({ Mean: expect.closeTo(4.2, 9), Median: 4, Mode: 7 });
    expect(overall['Last']).toEqual(values.map((value, at) => [start + at * 1000, value]));
    const groups = Object.fromEntries(learned.map(({ name, groups: each }) => [name, Object.fromEntries(each)]));
    expect(groups['Mean']).toEqual({ a: 2.5, b: expect.closeTo(16 / 3, 9) });
    expect(groups['Median']).toEqual({ a: 2.5, b: 7 });
    expect(groups['Mode']).toEqual({ a: 1, b: 7 });
    expect(groups['Interpolate']!['a']).toEqual([
      [start, 4],
      [start + 1000, 1],
    ]);
    expect(learned.map((one) => one.values)).toEqual([5, 5, 5, 5, 5]);
  });

  it('is learned from what was sent alone, once, and of the types that the step is for', () => {
    const events = [
      event(1, { value: 10 }),
      event(2, { value: 99, imputed: ['value'] }),
      event(3, { value: 98, profile: 'visitor' }),
      event(4, { value: 97, type: 'view' }),
      event(5, { value: 1e300 }),
      event(6, { value: null }),
    ];
    const [learned] = fitted({ impute: [impute('Mean', { events: ['purchase'] })] }, events).impute;
    expect(learned).toMatchObject({ overall: 10, values: 1 });
  });

  it('takes texts where they count or repeat, and no others', () => {
    const field = 'properties.country';
    const told = ['at', 'de', 'at', 5].map((country, at) => event(at, { properties: { country } }));
    const learned = fitted({ impute: methods.map((method) => impute(method, { field })) }, told).impute;
    const overall = Object.fromEntries(learned.map(({ name, overall: all }) => [name, all]));
    expect(overall).toMatchObject({ Mean: 5, Median: 5, Mode: 'at' });
    expect(overall['Last']).toHaveLength(4);
    expect(overall['Interpolate']).toEqual([[start + 3000, 5]]);
  });

  it('learns nothing for what needs nothing, and from too little', () => {
    const constant = impute('Constant', { constant: '1' });
    const log = { name: 'log', field: 'value', method: 'Log' } as const;
    expect(new CleaningSums(steps({ impute: [constant], scale: [log] })).isEmpty).toBe(true);
    const few = Array.from({ length: 29 }, (_, at) => event(at, { value: at, quantity: 1 }));
    const { impute: filled, scale, outliers: strange } = fitted(everything, few);
    expect([filled.length, scale.length, strange.length]).toEqual([5, 0, 0]);
    const enough = fitted(everything, [...few, event(29, { value: 29, quantity: 1 })]);
    expect([enough.scale.length, enough.outliers.length]).toEqual([3, 4]);
  });

  it('keeps a bounded number of groups: of merged ones those with most values', () => {
    const rare = Array.from({ length: groupsKept + 5 }, (_, at) => event(at, { value: 1, itemId: `i${at}` }));
    const spec = steps({ impute: [impute('Mean', { by: 'itemId' })] });
    const sums = sumsOf(spec, rare);
    expect(sums.fit().impute[0]!.groups).toHaveLength(groupsKept);
    const frequent = [1, 2, 3].map((at) => event(at, { value: 5, itemId: 'often' }));
    sums.merge(json(sumsOf(spec, frequent).store()));
    const { groups, values: count } = sums.fit().impute[0]!;
    expect(groups).toHaveLength(groupsKept);
    expect(groups[0]).toEqual(['often', 5]);
    expect(count).toBe(groupsKept + 8);
  });

  it('is the same of workers together as of one, whoever has what', () => {
    const number = fc.integer({ min: -5, max: 6 }).map((value) => 1.5 * value);
    const row = fc.record({ value: number, quantity: number, itemId: fc.constantFrom('a', 'b', 'c') });
    fc.assert(
      fc.property(fc.array(row, { minLength: 30, maxLength: 30 }), fc.integer({ min: 0, max: 30 }), (rows, cut) => {
        const events = rows.map((fields, at) => event(at, fields));
        const whole = sumsOf(everything, events).fit();
        const parts = sumsOf(everything, events.slice(cut));
        parts.merge(json(sumsOf(everything, events.slice(0, cut)).store()));
        const merged = parts.fit();
        expect(cleaningReport(merged)).toEqual(nearly(cleaningReport(whole)));
        expect(merged.impute.map(({ groups }) => new Map(groups as [string, unknown][]))).toEqual(
          whole.impute.map(({ groups }) => new Map(groups.map(([key, filler]) => [key, close(filler)]))),
        );
        expect(merged.outliers[2]).toEqual(whole.outliers[2]);
      }),
      { numRuns: 15 },
    );
  });
});

const close = (value: unknown): unknown => (typeof value === 'number' ? expect.closeTo(value, 6) : value);
const nearly = (report: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(report).map(([name, value]) => [name, close(value)]));

function treeOf({ outliers: learned }: CleaningModel) {
  const forest = learned.map(({ strangeness }) => strangeness).find(({ kind }) => kind === 'Forest');
  return (forest as Extract<Strangeness, { kind: 'Forest' }>).forest.trees[0]!;
}

describe('cleaning.json', () => {
  const normal = normalSource(startTwister(8));
  const events = Array.from({ length: 400 }, (_, at) =>
    event(at, { value: 50 + 5 * normal(), quantity: 2 + normal() / 2, itemId: `i${at % 7}` }),
  );
  const model = fitted(everything, events);

  it('is read as it was written', () => {
    const files = new Map([[cleaningFile, encodeCleaning(model)]]);
    expect(decodeCleaning(files)).toEqual(json(model));
    expect(decodeCleaning(new Map())).toBeUndefined();
  });

  it.each([
    ['a scale by nothing', (broken: CleaningModel) => Object.assign(broken.scale[0]!.scale, { factor: 0 })],
    ['no number', (broken: CleaningModel) => Object.assign(broken.scale[0]!.scale, { offset: Number.NaN })],
    ['a field that nobody knows', (broken: CleaningModel) => Object.assign(broken, { more: 1 })],
    ['a tree that goes round', (broken: CleaningModel) => (treeOf(broken).left[0] = 0)],
    ['a tree that leads out', (broken: CleaningModel) => (treeOf(broken).right[0] = 9999)],
    ['a tree that joins again', (broken: CleaningModel) => (treeOf(broken).right[0] = treeOf(broken).left[0]!)],
    ['another format', (broken: CleaningModel) => Object.assign(broken, { format: 2 })],
  ])('is refused with %s', (_, spoil) => {
    const broken = structuredClone(model);
    spoil(broken);
    const files = new Map([[cleaningFile, encodeCleaning(broken)]]);
    expect(() => decodeCleaning(files)).toThrow(expect.objectContaining({ code: 'ModelInvalid' }));
  });

  it.each(everything.outliers)('$method finds what is far away, and nothing in the middle', (step) => {
    const { strangeness } = model.outliers.find(({ name }) => name === step.name)!;
    const threshold = thresholdOf(step);
    const find = outlierFinder(strangeness);
    expect(find([50, 2], threshold)).toBeUndefined();
    expect(find([500, 2], threshold)).toMatchObject({ why: expect.any(String) });
    expect(find([50, 20], threshold)).toBeDefined();
    const needsAll = step.method === 'IsolationForest' || step.method === 'DBSCAN';
    expect(find([500, undefined], threshold) === undefined).toBe(needsAll);
    if (!needsAll) expect(find([500, 2], threshold)?.at).toBe(0);
  });

  it('is judged by the threshold that the step says now', () => {
    const [zScore] = model.outliers;
    expect(outlierFinder(zScore!.strangeness)([500, 2], 1000)).toBeUndefined();
    expect(outlierFinder(model.outliers[2]!.strangeness)([500, 20], 0.99)).toBeUndefined();
  });

  it('is summed up in the manifest', () => {
    const report = cleaningReport(model);
    expect(report).toMatchObject({
      'cleaning.impute.Mean.values': 400,
      'cleaning.impute.Mean.groups': 7,
      'cleaning.impute.Mean.overall': expect.closeTo(50, 0),
      'cleaning.scale.Standard.factor': expect.closeTo(5, 0),
      'cleaning.outliers.ZScore.1.center': expect.closeTo(2, 0),
      'cleaning.outliers.IsolationForest.trees': 100,
      'cleaning.outliers.DBSCAN.values': 400,
    });
  });
});
