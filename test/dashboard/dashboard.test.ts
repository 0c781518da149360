/** Every query of the dashboard returns data from a real Prometheus that scrapes a running pipeline and its operator. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { dashboardFile } from '../../charts/dashboard/dashboard.ts';
import { runPromote } from '../../cli/cluster/wishes.ts';
import type { PipelineStatus } from '../../crds/status.ts';
import { candidateKey, gateKey, type CandidateMessage, type GateMessage } from '../../services/shared/model-stream.ts';
import type { Series } from '../testbed/prometheus.ts';
import { startObserved, type Observed } from './observed.ts';
import { namespace } from './targets.ts';
import { sendMuch, sendPast, sendTraffic, type Traffic } from './traffic.ts';

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly type: string; readonly targets?: readonly Target[] }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}
interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
}

/** The file that the chart has, as Grafana reads it. */
const dashboard = JSON.parse(readFileSync(join(import.meta.dirname, '../..', dashboardFile), 'utf8')) as Dashboard;
const queries = dashboard.panels.flatMap(({ title, targets = [] }) =>
  targets.map((target) => [`${title} ${target.refId}`, target] as const),
);
const patience = { timeout: 90_000, interval: 500 };

let observed: Observed;
let traffic: Traffic | undefined;
let from: number;

beforeAll(async () => {
  observed = await startObserved();
  from = Date.now();
}, 240_000);
afterAll(async () => {
  await traffic?.stop();
  await observed?.stop();
}, 60_000);

const filledIn = (expr: string): string =>
  expr.replaceAll('$namespace', namespace).replaceAll('$pipeline', 'shop').replaceAll('$__rate_interval', '10s');

const ask = (expr: string): Promise<readonly Series[]> => observed.prometheus.range(filledIn(expr), from);
const numbers = (series: Series): number[] => series.values.map(([, value]) => Number(value));
const statusOf = async (): Promise<PipelineStatus> => (await observed.world.pipeline(namespace)).status ?? {};
const annotate = (...args: string[]) =>
  observed.world.cluster.kubectl(['annotate', '-n', namespace, '--overwrite', ...args]);

/** Lets the training's pod, which nobody runs, end. */
async function endTraining(phase: 'Succeeded' | 'Failed'): Promise<void> {
  const training = async () => (await statusOf()).training?.phase;
  await expect.poll(training, patience).toBe('Running');
  await expect.poll(async () => (await ask('likeness_training_phase{phase="Running"} == 1')).length, patience).toBe(1);
  const exit = phase === 'Failed' ? ['testbed.likeness.dev/exit-code=64'] : [];
  const trainers = ['pods', '-l', 'app.kubernetes.io/component=trainer', '--field-selector=status.phase=Running'];
  await annotate(...trainers, ...exit, 'testbed.likeness.dev/run-for=1ms');
  await expect.poll(training, patience).toBe(phase);
}

/** Of a model that nobody has made, and what a gate says of it. */
async function announce(version: string, verdict: GateMessage['verdict']): Promise<void> {
  const candidate: CandidateMessage = {
    kind: 'candidate',
    runId: `run-${version}`,
    model: 'next-item',
    version,
    digest: 'f'.repeat(64),
    trainedAt: new Date().toISOString(),
    events: 1000,
    metrics: { 'ndcg@10': 0.1, 'popularity.ndcg@10': 0.01 },
  };
  const { runId, model, digest } = candidate;
  const against = (await statusOf()).model?.active?.digest ?? null;
  const said = { verdict, reasons: ['as it was told'], figures: {}, judgedAt: candidate.trainedAt };
  const gate: GateMessage = { kind: 'gate', runId, model, version, digest, against, ...said };
  const producer = new Kafka({ brokers: [inject('kafka')], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const told = Object.entries({ [candidateKey(runId)]: candidate, [gateKey(runId)]: gate });
  const messages = told.map(([key, message]) => ({ key, value: JSON.stringify(message), partition: 0 }));
  await producer.send({ topic: `${namespace}.shop.models.e1`, messages });
  await producer.disconnect();
}

describe('a pipeline to which everything happens', () => {
  it('takes events, learns, and serves the model', async () => {
    await sendPast(observed.addresses);
    traffic = sendTraffic(observed.addresses);
    await endTraining('Succeeded');
    expect(await observed.train('run-1')).toBe(0);
    expect(await observed.judge()).toBe(0);
    await expect.poll(async () => (await statusOf()).model?.phase, patience).toBe('Active');
    const personalised = 'sum(likeness_recommendations_total{result="personalised"})';
    await expect.poll(async () => (await ask(personalised)).length, patience).toBe(1);
  });

  it('watches how well the model answers', async () => {
    let times = 0;
    const watched = async () => {
      await sendMuch(observed.addresses, `much-${times++}`);
      return (await ask('likeness_model_hit_rate')).length;
    };
    await expect.poll(watched, { ...patience, interval: 5000 }).toBe(1);
  });

  it('puts a model on trial that serving cannot load, goes back, and refuses one', async () => {
    const first = (await statusOf()).model!.active!.version;
    await announce('v-lost', 'Passed');
    await expect.poll(async () => (await statusOf()).model?.active?.version, patience).toBe('v-lost');
    const options = { namespace, kubeconfig: observed.world.cluster.kubeconfig, version: '0.1.0', now: Date.now() };
    const silent = { print: () => undefined, note: () => undefined, status: () => undefined };
    await runPromote('shop', { ...options, modelVersion: first }, silent);
    await expect.poll(async () => (await statusOf()).model?.active?.version, patience).toBe(first);
    await announce('v-bad', 'Refused');
    await expect.poll(async () => (await statusOf()).model?.refusals, patience).toBe(1);
  });

  it('fails a training', async () => {
    await annotate('ppl/shop', 'likeness.dev/retrain=fails');
    await endTraining('Failed');
    const scraped = async () => (await ask('likeness_training_consecutive_failures > 0')).length;
    await expect.poll(scraped, patience).toBe(1);
  });
});

it('is scraped without errors, and has every rule evaluated', async () => {
  const targets = await observed.prometheus.targets();
  expect(targets.map(({ health, lastError }) => `${health}${lastError}`)).toEqual(Array(5).fill('up'));
  const rules = await observed.prometheus.rules();
  expect(rules.length).toBeGreaterThan(10);
  expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
});

it.each(queries)('the panel %s has data', async (_, { expr }) => {
  const series = await ask(expr);
  expect(series.length).toBeGreaterThan(0);
  expect(series.filter((one) => !numbers(one).some(Number.isFinite))).toEqual([]);
});

/** What the test brought about: title of a panel, name of a series. */
it.each([
  ['Events by stage and result', 'feature ok'],
  ['Events by stage and result', 'feature drop'],
  ['Dead letters and drops by reason', 'cleaner UnknownEventType'],
  ['Refused by ingest', 'events NoType'],
  ['Refused by ingest', 'bodies NotJson'],
  ['Commits of feature', 'committed'],
  ['Answers that are no success, by status', 'ingest 400'],
  ['Requests by route', '/v1/profiles/{id}'],
  ['Recommendations by source', 'next-item personalised'],
  ['Recommendations by source', 'next-item popularity'],
  ['Items of the catalogue', 'serving'],
  ['Model loads by result', 'next-item loaded'],
  ['Model loads by result', 'next-item unavailable'],
  ['Phase', 'Running'],
  ['Trainings in an hour, by outcome', 'TrainingFailed'],
  ['Duration of the latest trainings', 'failed'],
  ['Failures in a row', 'failures'],
  ['Promotions and goings back in an hour', 'ModelTakenBack'],
  ['Promotions and goings back in an hour', 'ModelRefused'],
  ['Refusals in a row', 'next-item'],
  ['Conditions', 'Degraded'],
  ['Write-ahead log of ingest', 'bytes'],
  ['Writes to the API server', 'PATCH'],
])('the panel %s shows %s', async (title, wanted) => {
  const { targets = [] } = dashboard.panels.find((panel) => panel.title === title)!;
  const found = await Promise.all(
    targets.map(async ({ expr, legendFormat }) =>
      (await ask(expr)).map((series) => [legend(legendFormat, series), series] as const),
    ),
  );
  const named = found.flat().filter(([name]) => name === wanted);
  expect(named.length).toBeGreaterThan(0);
  expect(Math.max(...named.flatMap(([, series]) => numbers(series).filter(Number.isFinite)))).toBeGreaterThan(0);
});

function legend(format: string, { metric }: Series): string {
  return format.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '');
}

it('offers the pipeline to choose', async () => {
  const variables = dashboard.templating.list.filter(({ name }) => name !== 'datasource');
  expect(variables.map(({ name }) => name)).toEqual(['namespace', 'pipeline']);
  for (const { name, query } of variables) {
    const [, match, label] = /^label_values\((.+), (\w+)\)$/.exec((query as { query: string }).query)!;
    const values = await observed.prometheus.labelValues(label!, filledIn(match!));
    expect(values).toEqual([name === 'namespace' ? namespace : 'shop']);
  }
});
