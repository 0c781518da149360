/** A baseline is of the same events the same bytes, and comes back as it was. */
import { describe, expect, it } from 'vitest';
import { specSchema } from '../../../../crds/pipeline.ts';
import type { CleanEvent } from '../../event.ts';
import { ItemIndex } from '../item-index.ts';
import { modelInputs } from '../model-inputs.ts';
import { baselineFile, decodeBaseline, encodeBaseline, leastValues, sketchColumns } from './baseline.ts';
import { BaselineSample } from './baseline-sample.ts';

const features = [{ name: 'history', sequence: { length: 20 } }];
const models = [{ name: 'next', recommend: { history: 'history', target: ['purchase'] } }];
const inputs = modelInputs(specSchema.parse({ features, models }), 'next');
const items = new ItemIndex(['a', 'b', 'c']);
const event = (n: number, more: Partial<CleanEvent> = {}): CleanEvent => ({
  id: `e${n}`,
  type: n % 4 === 0 ? 'purchase' : 'view',
  time: new Date(n * 1000).toISOString(),
  ingestedAt: '',
  receivedAt: '',
  profile: 'p',
  itemId: 'abcd'[n % 4]!,
  value: n,
  item: { category: n % 2 === 0 ? 'x' : null },
  ...more,
});
const events = Array.from({ length: 12_000 }, (_, n) => event(n));

function sampleOf(given: readonly CleanEvent[]): BaselineSample {
  const sample = new BaselineSample(inputs);
  for (const each of given) sample.take(each);
  return sample;
}

describe('the sample of a baseline', () => {
  const whole = sampleOf(events).fit(items);

  it('is of the newest fifth, whatever the order, the workers and the repeats', () => {
    const parts = [
      sampleOf(events.filter((_, n) => n % 3 === 0)),
      sampleOf(events.filter((_, n) => n % 3 !== 0).toReversed()),
    ];
    parts[0]!.merge(JSON.parse(JSON.stringify(parts[1]!.store())));
    expect(parts[0]!.fit(items)).toEqual(whole);
    expect(sampleOf([...events, ...events.slice(0, 4000)]).fit(items)).toEqual(whole);
    expect(whole['event.type']!.counts.reduce((sum, count) => sum + count, 0)).toBe(2400);
    const { bins } = whole['event.value']!;
    expect(bins.kind === 'numeric' && bins.edges[0]).toBe(9600);
  });

  it('counts unknown items and absent categories as missing, and leaves out what is no step', () => {
    expect(whole['item.rank']!.missing).toBe(600);
    expect(whole['item.category']!.missing).toBe(1200);
    const other = sampleOf(events.map((each) => ({ ...each, itemId: null })));
    expect(other.fit(items)).toEqual({});
  });

  it('is bounded, and thins by hash', () => {
    const many = new BaselineSample(inputs);
    for (let n = 0; n < 70_000; n++) many.take(event(n));
    const { rows, threshold } = many.store();
    expect(threshold).toBe(2 ** 31);
    expect(rows.length).toBeGreaterThan(33_000);
    expect(rows.length).toBeLessThan(37_000);
  });
});

describe('the file of a baseline', () => {
  it('comes back as it was; one that is absent is none, a damaged one is refused', () => {
    const values = Array.from({ length: leastValues }, (_, n) => n);
    const baseline = {
      inputs: sketchColumns([{ name: 'n', kind: 'numeric', values }]),
      hitRate: 0.3,
      popularityHitRate: 0.1,
      questions: 400,
    };
    expect(decodeBaseline(new Map([[baselineFile, encodeBaseline(baseline)]]))).toEqual(baseline);
    expect(decodeBaseline(new Map())).toBeUndefined();
    const bad = { format: 1, inputs: { n: { bins: { kind: 'numeric', edges: [2, 1] }, counts: [1], missing: 0 } } };
    const files = new Map([[baselineFile, Buffer.from(JSON.stringify(bad))]]);
    expect(() => decodeBaseline(files)).toThrow(/baseline\.json.*ascend/s);
  });

  it('has no sketch of what has too few values', () => {
    const values = Array.from({ length: leastValues - 1 }, () => 'a');
    expect(sketchColumns([{ name: 'c', kind: 'categorical', values: [...values, undefined] }])).toEqual({});
  });
});
