/** The next purchase at Online Retail: time split, invoices as baskets, cancellations no targets; with 95% intervals. */
import { availableParallelism } from 'node:os';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadPipeline } from '../../crds/load.ts';
import { invertInThreads } from '../../services/shared/adapters/sweep-threads.ts';
import { profileIdOf } from '../../services/shared/event.ts';
import { backtest } from '../../services/shared/learning/backtest.ts';
import { collectEvent } from '../../services/shared/learning/collect.ts';
import { cutTimes } from '../../services/shared/learning/cut-times.ts';
import { tally, type EvaluationInput, type StepScorer } from '../../services/shared/learning/evaluate.ts';
import { EventTable } from '../../services/shared/learning/event-table.ts';
import { blendModel, evaluationOf } from '../../services/shared/learning/fit.ts';
import { relativeDifference } from '../../services/shared/learning/gate/bootstrap.ts';
import { modelInputs } from '../../services/shared/learning/model-inputs.ts';
import { Blend } from '../../services/shared/learning/blend.ts';
import { RankerBlend } from '../../services/shared/learning/ranker/ranker-blend.ts';
import { defaultSettings } from '../../services/shared/learning/ranker/settings.ts';
import { timeSplit } from '../../services/shared/learning/split.ts';
import { quantileOf } from '../../services/shared/learning/statistics/quantiles.ts';
import { seededUniform } from '../../services/shared/learning/statistics/mersenne-twister.ts';
import { alone } from '../../services/shared/learning/team.ts';
import type { TensorBackend } from '../../services/shared/learning/tensor/tensor-backend.ts';
import { shopEvents } from '../shop.ts';
import { round } from '../statistics.ts';

const k = 10;
const fraction = 0.1;

export interface RetailOptions {
  readonly tensors: () => Promise<TensorBackend>;
  readonly note: (line: string) => void;
}

interface PerQuestion {
  readonly ndcg: Float64Array;
  readonly recall: Float64Array;
  /** Those that had an answer. */
  readonly queries: readonly number[];
}

export async function retailQuality({ tensors, note }: RetailOptions) {
  const { set, inputs } = await readRetailSet(note);
  const result = await backtest(set, {
    inputs,
    protocol: 'time-split',
    k,
    fraction,
    inverter: invertInThreads(availableParallelism()),
    now: () => performance.now(),
    ranker: { tensors, interruptible: (work) => work(async () => false), onProgress: note },
    onProgress: note,
  });
  const { fitted, weights, ranker } = result;
  const cuts = await cutTimes(set.sequences.times, fraction, alone, 'quality');
  const { queries } = timeSplit(set.sequences, cuts).test;
  const input = evaluationOf(fitted, { sequences: set.sequences, queries, k, inputs });
  const blend = blendModel(fitted, weights);
  const part = (name: 'sr' | 'ease', matrix: typeof fitted.sr): Blend =>
    new Blend(set.items, [{ name, matrix, weight: 1, decay: inputs.decay }]);
  const scorers: Record<string, StepScorer> = {
    popularity: fitted.popularity,
    sr: part('sr', fitted.sr),
    ease: part('ease', fitted.ease.matrix),
    blend,
    ...(ranker && { ranker: ranker.ranker, 'ranker-blend': new RankerBlend(blend, ranker.ranker, ranker.weight) }),
  };
  const measured = new Map(Object.entries(scorers).map(([name, scorer]) => [name, measure(scorer, input)]));
  const champion = ranker?.kind ?? 'blend';
  const [own, rival] = [measured.get(champion)!, measured.get('blend')!];
  const profile = own.queries.map((query) => queries.start[query]!);
  const { lower } = relativeDifference({ candidate: own.ndcg, active: rival.ndcg, profile }, 1);
  return {
    models: Object.fromEntries([...measured].map(([name, each]) => [name, describe(each)])),
    questions: own.ndcg.length,
    ndcg10: round(meanOf(own.ndcg), 4),
    recall10: round(meanOf(own.recall), 4),
    champion,
    /** Of a neural champion: whether the gate would prefer it to the blend, by the lower 95% bound. */
    promoted: champion === 'blend' || lower >= 0,
  };
}

async function readRetailSet(note: (line: string) => void) {
  const spec = fileURLToPath(new URL('../../examples/shop.yaml', import.meta.url));
  const loaded = loadPipeline(readFileSync(spec, 'utf8'));
  if (!loaded.ok) throw new Error(`${spec} is not valid`);
  const inputs = { ...modelInputs(loaded.effective, loaded.effective.models[0]!.name), ranker: defaultSettings };
  const table = new EventTable();
  const collector = { table, inputs, mergeOn: loaded.effective.identity.mergeOn };
  let line = 0;
  for await (const event of shopEvents(note).events) {
    line++;
    const stamps = {
      id: event.id ?? String(line),
      profile: profileIdOf(event)!,
      ingestedAt: event.time,
      receivedAt: event.time,
    };
    collectEvent(collector, { ...event, ...stamps }, [0, line]);
  }
  return { set: table.build(), inputs };
}

function measure(scorer: StepScorer, input: EvaluationInput): PerQuestion {
  const [ndcg, recall, queries]: [number[], number[], number[]] = [[], [], []];
  tally(scorer, input, (gain, share, query) => {
    ndcg.push(gain);
    recall.push(share);
    queries.push(query);
  });
  return { ndcg: Float64Array.from(ndcg), recall: Float64Array.from(recall), queries };
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function describe({ ndcg, recall }: PerQuestion) {
  return {
    ndcg10: round(meanOf(ndcg), 4),
    ndcg10Interval: intervalOf(ndcg),
    recall10: round(meanOf(recall), 4),
    recall10Interval: intervalOf(recall),
  };
}

const draws = 1000;

/** 95%, percentile bootstrap over questions. */
function intervalOf(values: Float64Array): [number, number] {
  const random = seededUniform(1);
  const means = Float64Array.from({ length: draws }, () => {
    let sum = 0;
    for (let left = values.length; left > 0; left--) sum += values[Math.floor(random() * values.length)]!;
    return sum / values.length;
  }).sort();
  return [round(quantileOf(means, 0.025), 4), round(quantileOf(means, 0.975), 4)];
}
