/** The monitor gives each verdict once, wherever it is cut, and begins anew with a new model. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startTwister, nextUpTo } from '../statistics/mersenne-twister.ts';
import type { Baseline } from './baseline.ts';
import type { BlockSummary, ModelSummary } from './block-summary.ts';
import { quietWindows } from './model-watch.ts';
import { resumeMonitor, startMonitor, type Monitor } from './monitor.ts';
import type { Verdict } from './verdict.ts';

const options = { inputs: {}, models: ['m'] };
const bins = { kind: 'numeric' as const, edges: [1, 2, 3] };
const baseline: Baseline = { inputs: { x: { bins, counts: [500, 500, 500, 500], missing: 0 } } };
const baselines = () => baseline;

interface Given {
  readonly hits: number;
  readonly moved?: boolean;
  readonly of?: Partial<ModelSummary>;
}

/** A block of 200 sampled events, half of them questions. */
function block(at: number, { hits, moved = false, of = {} }: Given): BlockSummary {
  const random = startTwister(at);
  const counts = [0, 0, 0, 0];
  for (let n = 0; n < 200; n++) counts[moved ? 0 : nextUpTo(random, 3)]!++;
  const inputs = { x: { bins: counts.flatMap((count, bin) => (count > 0 ? [bin, count] : [])), missing: 0 } };
  const quality = { questions: 100, hits, popularityHits: 5 };
  const model = { model: 'm', version: 'v1', digest: 'a', generation: 1, sampled: 200, quality, inputs, ...of };
  const place = { partition: at % 3, from: Math.floor(at / 3) * 1000, to: Math.floor(at / 3) * 1000 + 999 };
  return { format: 1, ...place, timestamp: at * 10, events: 1000, models: [model] };
}

const blocks = (count: number, given: (at: number) => Given) =>
  Array.from({ length: count }, (_, at) => block(at, given(at)));

/** Of each summary, in order; offsets as the log counts them. */
function run(summaries: readonly BlockSummary[], monitor: Monitor = startMonitor(options)): Verdict[] {
  return summaries.flatMap((summary, offset) => monitor.apply(summary, offset, baselines));
}

const qualityFalls = blocks(60, (at) => ({ hits: at < 30 ? 40 : 15 }));
const inputsMove = blocks(60, (at) => ({ hits: 30, moved: at >= 30 }));

describe('the monitor', () => {
  it('says nothing while nothing changes', () => {
    const monitor = startMonitor(options);
    expect(
      run(
        blocks(300, () => ({ hits: 30 })),
        monitor,
      ),
    ).toEqual([]);
    expect(monitor.report().standings).toMatchObject([
      { model: 'm', version: 'v1', hitRate: 0.3, popularityHitRate: 0.05 },
    ]);
  });

  it('finds a fall of quality, once, with the offset for its id and the rates on either side', () => {
    const verdicts = run(qualityFalls);
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]).toMatchObject({ detector: 'HDDM_A+ADWIN', feature: 'quality', model: 'm', version: 'v1' });
    expect(Number(verdicts[0]!.id)).toBeGreaterThanOrEqual(30);
    expect(Number(verdicts[0]!.id)).toBeLessThan(34);
    expect(verdicts[0]!.score).toBeGreaterThan(0.8);
    expect(verdicts[0]!.before).toBeLessThan(0.65);
  });

  it('finds inputs that move, once, and names the input', () => {
    const verdicts = run(inputsMove.slice(0, 30 + 5 * quietWindows));
    expect(verdicts).toMatchObject([{ detector: 'PSI', feature: 'x', id: '44' }]);
  });

  it('gives one verdict where both watches find the same change', () => {
    expect(run(blocks(60, (at) => ({ hits: at < 30 ? 40 : 15, moved: at >= 30 })))).toHaveLength(1);
  });

  it('gives another one of a model that still serves after the quiet time, while it is as bad', () => {
    const verdicts = run(blocks(30 + 5 * 2 * (quietWindows + 4), (at) => ({ hits: at < 30 ? 40 : 15 })));
    expect(verdicts.length).toBeGreaterThan(1);
    expect(new Set(verdicts.map(({ id }) => id)).size).toBe(verdicts.length);
    const mended = run(blocks(120, (at) => ({ hits: at < 30 || at > 40 ? 40 : 15 })));
    expect(mended).toHaveLength(1);
  });

  it.each([
    ['quality', qualityFalls],
    ['inputs', inputsMove],
  ])('gives the same verdicts of %s wherever it is cut, and whatever is told twice', (_, summaries) => {
    const straight = run(summaries);
    const places = fc.uniqueArray(fc.integer({ min: 0, max: summaries.length - 1 }), { maxLength: 8 });
    fc.assert(
      fc.property(places, places, (cuts, repeats) => {
        let monitor = startMonitor(options);
        const verdicts: Verdict[] = [];
        summaries.forEach((summary, at) => {
          if (cuts.includes(at)) monitor = resumeMonitor(JSON.parse(JSON.stringify(monitor.store())), options);
          verdicts.push(...monitor.apply(summary, at, baselines));
          if (repeats.includes(at))
            for (const again of summaries.slice(Math.max(0, at - 5), at + 1))
              verdicts.push(...monitor.apply(again, at, baselines));
        });
        expect(verdicts).toEqual(straight);
        expect(monitor.report().verdicts).toEqual(straight);
      }),
      { numRuns: 20 },
    );
  });

  it('begins anew with the first block of another model, and passes over what comes late of the one before', () => {
    const young = { version: 'v2', digest: 'b', generation: 2 };
    const summaries = blocks(60, (at) => ({ hits: at < 30 ? 40 : 15, of: at < 30 ? {} : young }));
    const monitor = startMonitor(options);
    expect(run(summaries, monitor)).toEqual([]);
    monitor.apply(block(90, { hits: 100 }), 90, baselines);
    expect(monitor.report().standings).toMatchObject([{ version: 'v2', hitRate: 0.15 }]);
    // The same model by a later message, as at the end of a trial, goes on.
    const promoted = blocks(60, (at) => ({ hits: at < 30 ? 40 : 15, of: { generation: at < 30 ? 1 : 2 } }));
    expect(run(promoted)).toHaveLength(1);
  });

  it('holds another model to what its hold-out promised, from its first block on, and through a restart', () => {
    const promising: Baseline = { ...baseline, hitRate: 0.4, questions: 500 };
    const summaries = blocks(60, (at) => ({
      hits: at < 30 ? 40 : 15,
      of: at < 30 ? {} : { version: 'v2', digest: 'b', generation: 2, began: at * 10 - 7 },
    }));
    let monitor = startMonitor(options);
    const verdicts = summaries.flatMap((summary, offset) => {
      // With other settings of the inputs the watch over quality goes on.
      const changed = { ...options, inputs: { threshold: 0.2 + offset / 1000 } };
      monitor = resumeMonitor(JSON.parse(JSON.stringify(monitor.store())), changed);
      return monitor.apply(summary, offset, () => promising);
    });
    const found = { version: 'v2', feature: 'quality', before: expect.closeTo(0.6, 1) };
    expect(verdicts).toMatchObject([found]);
    expect(Number(verdicts[0]!.id)).toBeLessThan(34);
    // What lies further back than anything that was seen of this model came before it was seen.
    const lost = block(30, { hits: 0, of: { version: 'v3', digest: 'c', generation: 3, began: 293 } });
    expect(monitor.apply({ ...lost, timestamp: 1000 }, 60, () => promising)).toMatchObject([
      { version: 'v3', score: expect.closeTo(1, 1), changedAt: 293 },
    ]);
    const kept = blocks(60, (at) => ({ hits: 40, of: at < 30 ? {} : { version: 'v2', digest: 'b', generation: 2 } }));
    const steady = startMonitor(options);
    expect(kept.flatMap((summary, offset) => steady.apply(summary, offset, () => promising))).toEqual([]);
  });

  it('adds up a trial, whatever is told twice and wherever it is cut, and begins anew with the next one', () => {
    const trial = { version: 'v2', digest: 'b', generation: 2, questions: 50, hits: 10, stableHits: 20 };
    const summaries = blocks(9, (at) => ({ hits: 40, of: { generation: at < 3 ? 1 : 2, ...(at >= 3 && { trial }) } }));
    let monitor = startMonitor(options);
    summaries.forEach((summary, at) => {
      monitor.apply(summary, at, baselines);
      const changed = at === 5 ? { ...options, inputs: { threshold: 0.3 } } : options;
      monitor = resumeMonitor(JSON.parse(JSON.stringify(monitor.store())), changed);
      monitor.apply(summary, at, baselines);
    });
    const counted = { ...trial, questions: 300, hits: 60, stableHits: 120 };
    expect(monitor.report().standings).toMatchObject([{ version: 'v1', trial: counted }]);
    const next = { ...trial, digest: 'c', generation: 4 };
    monitor.apply(block(9, { hits: 40, of: { generation: 4, trial: next } }), 9, baselines);
    // What another replica had still counted of the trial before.
    monitor.apply(block(10, { hits: 40, of: { generation: 4, trial } }), 10, baselines);
    expect(monitor.report().standings[0]!.trial).toEqual(next);
    monitor.apply(block(11, { hits: 40, of: { version: 'v3', digest: 'c', generation: 5 } }), 11, baselines);
    expect(monitor.report().standings[0]).not.toHaveProperty('trial');
  });

  it('takes blocks of a log that was created anew, and ids go on rising', () => {
    const monitor = startMonitor(options);
    const [first] = run(qualityFalls, monitor);
    const anew = blocks(60, (at) => ({ hits: at < 30 ? 40 : 15, of: { digest: 'c', generation: 3 } }));
    const [second] = run(
      anew.map((each) => ({ ...each, timestamp: each.timestamp + 10_000 })),
      monitor,
    );
    expect(Number(second!.id)).toBeGreaterThan(Number(first!.id));
    expect(run(anew, monitor)).toEqual([]);
  });

  it('keeps the last 16 verdicts', () => {
    const monitor = startMonitor(options);
    for (let model = 0; model < 20; model++) {
      const of = { digest: `d${model}`, generation: model + 1 };
      const part = qualityFalls.map((each) => ({
        ...each,
        timestamp: each.timestamp + model * 10_000,
        models: each.models.map((one) => ({ ...one, ...of })),
      }));
      expect(run(part, monitor)).toHaveLength(1);
    }
    const ids = monitor.report().verdicts.map(({ id }) => Number(id));
    expect(ids).toHaveLength(16);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  });

  it('refuses counts of another baseline, and passes over models that are not watched', () => {
    const monitor = startMonitor(options);
    const bad = block(0, { hits: 1, of: { inputs: { x: { bins: [7, 1], missing: 0 } } } });
    expect(() => monitor.apply(bad, 0, baselines)).toThrow(/bin 7 of 4 of x/);
    expect(monitor.apply(block(1, { hits: 1, of: { model: 'other' } }), 1, baselines)).toEqual([]);
    expect(monitor.report().standings.map(({ model }) => model)).toEqual(['m']);
    expect(() => resumeMonitor({ ...monitor.store(), models: 3 }, options)).toThrow(/stored state of the monitor/);
    const changed = resumeMonitor(monitor.store(), { ...options, inputs: { threshold: 0.3 } });
    expect(changed.store().models['m']!.inputWatch.options.threshold).toBe(0.3);
    expect(resumeMonitor(monitor.store(), { ...options, models: [] }).report().standings).toEqual([]);
  });
});
