import { describe, expect, it } from 'vitest';
import { effectiveSpec } from '../../../crds/effective.ts';
import { specSchema } from '../../../crds/pipeline.ts';
import { backtest } from './backtest.ts';
import { invertHere } from './ease.ts';
import { EventTable, type TrainingSet } from './event-table.ts';
import { evaluate } from './evaluate.ts';
import { blendModel, chooseWeights, defaultWeights, evaluationOf, fitAll, type BlendWeights } from './fit.ts';
import { modelInputs } from './model-inputs.ts';
import { leaveOneOut } from './split.ts';

const inputs = modelInputs(effectiveSpec(specSchema.parse({})), 'next-item');
const options = { inputs, k: 10, fraction: 0.2, inverter: invertHere, now: () => 0 } as const;

/** Profiles that walk round a ring of 40 items; with `detours`, every other step goes astray. */
function walkers(profiles: number, length: number, detours = false): TrainingSet {
  const table = new EventTable();
  let line = 0;
  for (let at = 0; at < length; at++)
    for (let profile = 0; profile < profiles; profile++) {
      const id = [0, ++line] as const;
      const place = detours && at % 2 === 1 ? Math.imul(line, 0x9e3779b1) >>> 8 : profile * 7 + at;
      const itemId = `i${place % 40}`;
      table.add({ profile: `u${profile}`, itemId, time: line, id, tie: id, target: true });
    }
  return table.build();
}

describe('backtest', () => {
  it.each(['leave-one-out', 'time-split'] as const)(
    'finds by %s what a ring makes certain, and popularity does not',
    async (protocol) => {
      const result = await backtest(walkers(80, 12), { ...options, protocol });
      const byKind = Object.fromEntries(result.models.map((model) => [model.kind, model]));
      expect(result.models.map(({ kind }) => kind)).toEqual(['popularity', 'sr', 'ease', 'blend']);
      expect(byKind['sr']!.ndcg).toBeGreaterThan(0.9);
      expect(byKind['blend']!.ndcg).toBeGreaterThan(0.9);
      expect(byKind['popularity']!.ndcg).toBeLessThan(0.6);
      expect(byKind['ease']!.queries).toBe(byKind['sr']!.queries);
      expect(result.easeItems).toBe(40);
    },
  );

  it('has an answer for a split that leaves nothing to choose by', async () => {
    const result = await backtest(walkers(80, 4), { ...options, protocol: 'time-split', fraction: 0.5 });
    expect(result.models.map(({ queries }) => queries > 0)).toEqual([true, true, true, true]);
  });

  it('keeps the default weights where questions are too few to choose by', async () => {
    const result = await backtest(walkers(5, 4), { ...options, protocol: 'leave-one-out' });
    expect(result.weights).toEqual(defaultWeights);
    expect(result.models[0]!.queries).toBe(5);
  });
});

describe('chooseWeights', () => {
  it('takes weights that do at least as well as the defaults, and here better', async () => {
    const { sequences, items } = walkers(80, 13, true);
    const { train, queries } = leaveOneOut(sequences).validation;
    const fitted = await fitAll(train, items, options);
    const input = evaluationOf(fitted, { sequences, queries, k: 1, inputs });
    const quality = (weights: BlendWeights): number => evaluate(blendModel(fitted, weights), input).ndcg;
    const chosen = chooseWeights(fitted, input);
    expect(quality(chosen)).toBeGreaterThanOrEqual(
      Math.max(...[0.01, 0.1, 1].map((srWeight) => quality({ srWeight, decay: 0.8 }))),
    );
    expect(quality(chosen)).toBeGreaterThan(quality({ srWeight: 0.01, decay: 1 }));
  });
});
