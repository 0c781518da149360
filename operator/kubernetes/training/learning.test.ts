/** A pass over training and promotion: what is asked, announced and said. */
import { expect, it } from 'vitest';
import { exampleSpec, rendered } from '../../../test/golden/examples.ts';
import type { PipelineSpec } from '../../../crds/pipeline.ts';
import type { ActiveMessage } from '../../../services/shared/model-stream.ts';
import type { DriftReport } from '../../../services/shared/learning/drift/verdict.ts';
import { answerSeconds, type ArmFigures, type TrialFigures } from '../../../services/shared/trial-figures.ts';
import type { StoredCandidate } from '../../promotion.ts';
import type { TopicsObserved } from '../../status.ts';
import { passOverLearning, type LearningDeps } from './learning.ts';
import type { ModelsState } from './models-keeper.ts';
import type { TrainingObserved } from './training.ts';

const candidate: StoredCandidate = {
  kind: 'candidate',
  runId: 'r',
  model: 'next-item',
  version: 'v1',
  digest: 'd',
  trainedAt: '2026-01-01T00:00:00Z',
  events: 1,
  metrics: {},
  offset: 0,
};
const written = { 'default.shop.events-clean.e1': 42, 'default.shop.models.e1': 1 };
const ready: TopicsObserved = { outcome: 'Ready', message: '', lag: {}, written };

interface Given {
  readonly spec?: PipelineSpec;
  readonly topics?: TopicsObserved;
  readonly state?: ModelsState;
  readonly verdict?: 'Passed' | 'Pending';
  /** What serving reports of a trial of this generation. */
  readonly trial?: (generation: number) => TrialFigures | undefined;
  /** What feature reports. */
  readonly drift?: DriftReport;
  /** Looks of the gate that have ended. */
  readonly judged?: string;
}

async function pass({
  spec = exampleSpec('shop'),
  topics = ready,
  state,
  verdict = 'Passed',
  judged = '',
  trial,
  drift,
}: Given = {}) {
  const wanted: string[] = [];
  const announced: ActiveMessage[] = [];
  const forgotten: string[] = [];
  const asked: { records?: number | undefined; hint?: string } = {};
  const observed: TrainingObserved = {
    status: { phase: 'Idle' },
    drift: undefined,
    failure: undefined,
    hint: '0',
    isActive: false,
    until: 5,
  };
  const standings = new Map([[candidate.model, { candidates: [candidate], active: undefined, end: 1 }]]);
  const deps: LearningDeps = {
    trainings: { pass: async (_, { records }) => ((asked.records = records), observed) },
    models: {
      look: (_, __, hint) => ((asked.hint = hint), state ?? { standings, problem: '' }),
      announce: (_, __, message) => void announced.push(message),
    },
    gate: { judge: () => ({ verdict, reason: 'good' }) },
    gates: {
      hintOf: () => judged,
      want: async (_, { requests }) => void wanted.push(...requests.map(({ runId, against }) => `${runId} ${against}`)),
    },
    reports: {
      trialOf: (_, __, generation) => trial?.(generation),
      driftOf: () => drift,
      backfillOf: () => backfill,
      forgetTrials: async (key) => void forgotten.push(key),
    },
    now: () => 0,
  };
  const { plan, options } = rendered(spec, 'shop');
  const pipeline = { apiVersion: '', kind: '', metadata: { name: 'shop', namespace: 'default' } };
  const stream = { topic: 'default.shop.models.e1', connect: () => Promise.reject(new Error('not here')) };
  const input = { pipeline, plan, spec, options, topics, wanted: stream };
  const result = await passOverLearning(deps, 'default/shop', input);
  return { ...result, announced, asked, forgotten, wanted };
}

const trialMessage: ActiveMessage = {
  kind: 'active',
  model: 'next-item',
  version: 'v1',
  digest: 'd',
  generation: 4,
  canaryPercent: 10,
  activatedAt: '1970-01-01T00:00:00Z',
  stable: { version: 'v0', digest: 'd0' },
};

const backfill = { definition: '0a1b', progressPercentage: 40 };

it('knows the records, announces what is to be, and is busy until that is seen', async () => {
  const { announced, asked, isBusy, until, observed } = await pass();
  expect(asked).toEqual({ records: 42, hint: '1 0' });
  expect(announced.map(({ version }) => version)).toEqual(['v1']);
  expect([isBusy, until]).toEqual([true, 5]);
  expect(observed.backfill).toBe(backfill);
  expect(observed.models.map(({ phase }) => phase)).toEqual(['Promoting']);
});

it('has the gate look at what it has no verdict on, and reads the stream again when it may have one', async () => {
  const { announced, wanted, isBusy, asked } = await pass({ verdict: 'Pending', judged: 'shop-gate-1' });
  expect([announced, wanted, isBusy]).toEqual([[], ['r null'], true]);
  expect(asked.hint).toBe('1 0 shop-gate-1');
  expect((await pass()).wanted).toEqual([]);
});

it('takes a model on trial back at an alarm from what serving reports of this very trial', async () => {
  const standings = new Map([[candidate.model, { candidates: [candidate], active: trialMessage, end: 1 }]]);
  const arm = (errors: number): ArmFigures => ({ answers: 50, errors, seconds: answerSeconds.map(() => 5) });
  const reported = (errors: number) => (generation: number) =>
    generation === 4 ? { model: 'next-item', generation, canary: arm(errors), stable: arm(0) } : undefined;
  const state = { standings, problem: '' };
  expect((await pass({ state, trial: reported(0) })).announced).toEqual([]);
  const { announced } = await pass({ state, trial: reported(40) });
  expect(announced).toMatchObject([{ version: 'v0', generation: 5, canaryPercent: 100 }]);
  const drift = (generation: number): DriftReport => {
    const trial = { version: 'v1', digest: 'd', generation, questions: 300, hits: 30, stableHits: 90 };
    return { verdicts: [], standings: [{ model: 'next-item', version: 'v0', evaluatedAt: 0, trial }] };
  };
  expect((await pass({ state, drift: drift(3) })).announced).toEqual([]);
  const [worse] = (await pass({ state, drift: drift(4) })).announced;
  expect(worse).toMatchObject({ version: 'v0', generation: 5, canaryPercent: 100 });
});

it('takes what pods have counted away once nothing is on trial, and nothing is announced', async () => {
  expect((await pass()).forgotten).toEqual([]);
  expect((await pass({ verdict: 'Pending' })).forgotten).toEqual(['default/shop']);
  const active: ActiveMessage = { ...trialMessage, canaryPercent: 100 };
  const stateOf = (message: ActiveMessage) => ({
    standings: new Map([[candidate.model, { candidates: [candidate], active: message, end: 1 }]]),
    problem: '',
  });
  expect((await pass({ state: stateOf(active) })).forgotten).toEqual(['default/shop']);
  expect((await pass({ state: stateOf(trialMessage) })).forgotten).toEqual([]);
});

it('announces nothing while the pipeline is suspended', async () => {
  expect((await pass({ spec: { ...exampleSpec('shop'), suspend: true } })).announced).toEqual([]);
});

it('asks nothing of a Kafka that does not answer', async () => {
  const { asked, announced, isBusy } = await pass({ topics: { ...ready, outcome: 'Unreachable' } });
  expect(asked).toEqual({ records: undefined });
  expect([announced, isBusy]).toEqual([[], true]);
});

it('reads no stream to which nobody has ever written', async () => {
  const { observed, asked } = await pass({
    topics: { ...ready, written: { ...written, 'default.shop.models.e1': 0 } },
  });
  expect(asked).toEqual({ records: 42 });
  expect(observed.verdicts.ModelReady).toMatchObject({ status: 'False', reason: 'NoModel' });
});

it('says what is wrong with the stream', async () => {
  const { observed } = await pass({ state: { standings: undefined, problem: 'nobody answers' } });
  expect(observed.verdicts.ModelReady).toMatchObject({ status: 'Unknown' });
  expect(observed.verdicts.ModelReady!.message).toContain('nobody answers');
});

it('has nothing to do for a pipeline without models', async () => {
  const { observed, asked, isBusy } = await pass({ spec: { ...exampleSpec('shop'), models: [] } });
  expect(observed).toEqual({ training: undefined, trainingFailure: undefined, models: [], verdicts: {} });
  expect([asked, isBusy]).toEqual([{}, false]);
});
