/**
 * The closed loop on an injected clock: simulated events go through the code that runs live (features, questions to the
 * model before each event, the monitor of drift, the decision to train, the trainer, the gate, the canary), and what is
 * served is measured beside the model that served when the change came, and one that knows the new taste alone.
 */
import type { PipelineSpec } from '../../../crds/pipeline.ts';
import type { Shop } from '../../../cli/simulate/shop-spec.ts';
import { simulate } from '../../../cli/simulate/simulate.ts';
import { begun, decideRetrain, emptyLedger, ended, type TrainingLedger } from '../../../operator/retrain.ts';
import { watchModel, type WatchedModel } from '../../../services/feature/monitor/watched-model.ts';
import type { ReadyEvent } from '../../../services/shared/clean-line.ts';
import type { Verdict } from '../../../services/shared/learning/drift/verdict.ts';
import type { ProfileState } from '../../../services/shared/profile/profile.ts';
import { train } from './learn.ts';
import { createLive, type Live } from './live.ts';
import { startMeasure, type Compared, type Measure, type Point } from './measure.ts';
import { createPipeline, topics, type LoopPipeline } from './pipeline.ts';
import { createServing, type Serving } from './serve.ts';

type MarkKind = 'change' | 'verdict' | 'training' | 'gate' | 'canary' | 'active' | 'rollback';

interface Mark {
  /** Events before it. */
  readonly at: number;
  readonly kind: MarkKind;
  readonly text: string;
}

export interface LoopOutcome {
  readonly marks: readonly Mark[];
  readonly points: readonly Point[];
  /** Shares of the questions, of the events from `measuredFrom` on, whose item was among the first ten. */
  readonly hitRate: Readonly<Record<Compared, number>>;
}

export interface LoopOptions {
  readonly spec: PipelineSpec;
  /** Its first change is the one that is to be found. */
  readonly shop: Shop;
  /** From this event on is compared; the fresh model has learned from the events between the change and it. */
  readonly measuredFrom: number;
  readonly onMark?: (mark: Mark) => void;
}

interface Loop {
  readonly pipeline: LoopPipeline;
  readonly serving: Serving;
  readonly live: Live;
  readonly measure: Measure;
  readonly mark: (kind: MarkKind, text: string) => void;
  readonly models: { static?: WatchedModel | undefined; fresh?: WatchedModel };
  ledger: TrainingLedger;
  verdict: Verdict | undefined;
  changedAt: number | undefined;
}

/** Whether to train is looked at every so many events, and every so many make a point of the curve. */
const tickEvents = 100;
const pointEvents = 1000;

export async function runClosedLoop({ spec, shop, measuredFrom, onMark }: LoopOptions): Promise<LoopOutcome> {
  const marks: Mark[] = [];
  let [at, now] = [0, Date.parse(shop.start)];
  const mark = (kind: MarkKind, text: string): void => {
    marks.push({ at, kind, text });
    onMark?.(marks.at(-1)!);
  };
  const loop = startLoop(createPipeline({ now: () => now }, spec), mark);
  const change = shop.changes[0];
  for (const event of simulate(shop)) {
    now = Date.parse(event.time);
    if (at === change?.at) {
      loop.changedAt = now;
      loop.models.static = loop.serving.stable();
      mark('change', 'customers change taste');
    }
    if (at === measuredFrom) loop.models.fresh = await freshModel(loop);
    const verdicts = await loop.live.take(event, (ready, state) => ask(loop, ready, state));
    at++;
    for (const verdict of verdicts) hear(loop, verdict);
    if (at % tickEvents === 0) await tick(loop);
    if (at % pointEvents === 0) loop.measure.close(at);
  }
  return { marks, points: loop.measure.points, hitRate: loop.measure.since(measuredFrom) };
}

function startLoop(pipeline: LoopPipeline, mark: Loop['mark']): Loop {
  const serving = createServing(pipeline, mark);
  return {
    pipeline,
    serving,
    live: createLive(pipeline, serving),
    measure: startMeasure(),
    mark,
    models: {},
    ledger: emptyLedger,
    verdict: undefined,
    changedAt: undefined,
  };
}

/** Every model that is compared, before the event is known to the profile. */
function ask({ serving, measure, models }: Loop, event: ReadyEvent, state: ProfileState): void {
  const answering = serving.modelOf(event.clean.profile);
  if (answering === undefined) return;
  const asked = answering.look(event, state)?.asked;
  if (asked === undefined) return;
  serving.count(answering, asked.hit);
  measure.count('live', asked.hit);
  for (const name of ['static', 'fresh'] as const) {
    const model = models[name];
    const other = model?.digest === answering.digest ? asked : model?.look(event, state)?.asked;
    if (other !== undefined) measure.count(name, other.hit);
  }
}

function hear(loop: Loop, verdict: Verdict): void {
  const { detector, feature, before, score } = verdict;
  const rates = before === undefined ? score.toFixed(3) : `misses ${before.toFixed(3)} → ${score.toFixed(3)}`;
  loop.verdict = verdict;
  loop.mark('verdict', `${detector} on ${feature}: ${rates}`);
}

async function tick(loop: Loop): Promise<void> {
  const { pipeline, serving, mark, verdict } = loop;
  const { clock, log, spec } = pipeline;
  const now = clock.now();
  const records = log.end(topics['events-clean']);
  const drift = verdict && { drift: verdict.id, changedAt: verdict.changedAt };
  const decision = decideRetrain({ now, training: spec.training, records, ledger: loop.ledger, ...drift });
  if (decision.train) {
    const { trigger, id } = decision;
    loop.ledger = begun(loop.ledger, { trigger, id, now, records });
    const candidate = await train(pipeline, { runId: `${trigger.toLowerCase()}-${now}`, since: verdict?.changedAt });
    loop.ledger = ended(loop.ledger, candidate ? 'Succeeded' : 'TooFewEvents');
    if (candidate) mark('training', `${trigger}: ${candidate.version} from ${candidate.events} events`);
  }
  await serving.settle();
}

/** By the product's own trainer, beside everything else. */
async function freshModel({ pipeline, changedAt }: Loop): Promise<WatchedModel> {
  const { inputs, history, compiled } = pipeline;
  const candidate = await train(pipeline, { runId: 'fresh', since: changedAt, announceIn: 'beside' });
  if (candidate === undefined) throw new Error('there are too few events of the new taste to learn from');
  return watchModel({ loaded: await pipeline.open(candidate.digest), generation: 0, inputs, history, compiled });
}
