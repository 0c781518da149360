/** A pipeline's status as a tree for people, what is wrong below it. Pure. */
import type { Condition, ModelStatus, PipelineStatus } from '../../crds/status.ts';
import type { PipelineObject } from '../../operator/kubernetes/read-pipeline.ts';
import { problemsOf } from './advice.ts';
import { age } from './age.ts';

/** An Event of events.k8s.io/v1, as far as it is shown. */
export interface EventObject {
  readonly metadata: { readonly creationTimestamp?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly note?: string;
  readonly eventTime?: string | null;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

export interface StatusView {
  readonly pipeline: PipelineObject;
  readonly events: readonly EventObject[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

interface Node {
  readonly label: string;
  readonly text?: string;
  readonly children?: readonly Node[];
}

const mostEvents = 5;

/** Lines without an end. */
export function statusTree(view: StatusView): string[] {
  const status = view.pipeline.status ?? {};
  const nodes: Node[] = [
    { label: 'spec', text: specText(view.pipeline) },
    { label: 'topics', text: topicsText(status) },
    { label: 'stages', children: stageNodes(status) },
    { label: 'serving', text: servingText(status) },
    modelNode(status, view.now),
    { label: 'training', text: trainingText(status, view.now) },
    ...backfillNodes(status),
    ...driftNodes(status, view.now),
    { label: 'events', children: eventNodes(view) },
  ];
  return [title(view), ...branches(nodes), ...problemLines(view.pipeline)];
}

/** The last child of each node closes its line. */
function branches(nodes: readonly Node[]): string[] {
  const width = Math.max(...nodes.map(({ label }) => label.length));
  return nodes.flatMap(({ label, text, children = [] }, index) => {
    const isLast = index === nodes.length - 1;
    const head = `${isLast ? '└─' : '├─'} ${text === undefined ? label : `${label.padEnd(width)}  ${text}`}`;
    return [head, ...branches(children).map((line) => `${isLast ? '  ' : '│ '} ${line}`)];
  });
}

function title({ pipeline: { metadata, status }, now }: StatusView): string {
  const ready = conditionOf(status, 'Ready');
  const name = `${metadata.name} in ${metadata.namespace}`;
  if (ready === undefined) return `${name}: not seen by an operator`;
  const words = { True: 'ready', False: 'not ready', Unknown: 'not known to be ready' }[ready.status];
  const why = ready.status === 'True' ? '' : `${ready.reason}, `;
  return `${name}: ${words} (${why}for ${age(ready.lastTransitionTime, now)})`;
}

function specText({ metadata, status }: PipelineObject): string {
  const valid = conditionOf(status, 'SpecValid');
  const verdict = valid === undefined ? 'not looked at' : valid.status === 'True' ? 'valid' : valid.reason;
  const epoch = (status?.epoch ?? 1) > 1 ? `, epoch ${status?.epoch}` : '';
  return `${verdict}, generation ${metadata.generation ?? 1}${epoch}`;
}

function topicsText(status: PipelineStatus): string {
  const topics = conditionOf(status, 'TopicsReady');
  const verdict = topics === undefined ? 'not looked at' : topics.status === 'True' ? 'ready' : topics.reason;
  return status.lag === undefined ? verdict : `${verdict}, ${records(Number(status.lag))} before the slowest stage`;
}

function stageNodes({ stages = [] }: PipelineStatus): Node[] {
  if (stages.length === 0) return [{ label: 'none yet' }];
  return stages.map(({ name, desired = 0, ready = 0, image, consumerLag }) => ({
    label: name,
    text: [replicas(ready, desired), ...said(consumerLag, records), ...said(image, (text) => text)].join(', '),
  }));
}

function servingText({ serving }: PipelineStatus): string {
  if (serving === undefined) return 'none yet';
  const { readyReplicas = 0, replicas: desired = 0, url } = serving;
  return [replicas(readyReplicas, desired), ...said(url, (text) => text)].join(', ');
}

/** One model is a line; several are named. */
function modelNode({ model, otherModels = [] }: PipelineStatus, now: number): Node {
  if (otherModels.length === 0) return { label: 'model', text: modelText(model, now) };
  const models = [...(model === undefined ? [] : [model]), ...otherModels];
  return {
    label: 'models',
    children: models.map((one) => ({ label: one.name ?? 'model', text: modelText(one, now) })),
  };
}

function modelText(model: ModelStatus | undefined, now: number): string {
  if (model === undefined) return 'none in service yet';
  const { active, phase } = model;
  const facts = [
    active?.version ?? 'none in service yet',
    ...said(model.generation, (number) => `generation ${number}`),
    ...said(active?.promotedAt, (time) => `in service for ${age(time, now)}`),
    ...said(model.canaryPercent, (percent) => `answers ${percent} % of the profiles`),
    ...said(model.bakeUntil, (time) => `until ${time}`),
    ...said(model.candidate, ({ version }) => `candidate ${version}`),
    ...said(model.refusals || undefined, (count) => `${count} refused in a row`),
    ...said(model.lastRefusal, (why) => `the last because: ${why}`),
    ...(phase === undefined || phase === 'None' || phase === 'Active' ? [] : [phase]),
  ].join(', ');
  return [facts, ...said(model.message || undefined, (message) => message)].join(': ');
}

function trainingText({ training }: PipelineStatus, now: number): string {
  if (training?.phase === undefined) return 'none yet';
  const { consecutiveFailures: failures = 0 } = training;
  const facts = [
    training.phase,
    ...said(training.progressPercentage, (percent) => `${percent} %`),
    ...said(training.trigger, (trigger) => `set off by ${trigger}`),
    ...said(training.jobName, (job) => `Job ${job}`),
    ...said(training.gpus, (gpus) => gpus),
    ...said(training.node, (node) => `on ${node}`),
    ...said(training.startTime, (time) => `begun ${age(time, now)} ago`),
    ...said(failures || undefined, (count) => `${count} failed in a row`),
  ].join(', ');
  return [facts, ...said(training.message || undefined, (message) => message)].join(': ');
}

/** None while the features that serve are the spec's. */
function backfillNodes({ backfill }: PipelineStatus): Node[] {
  if (backfill === undefined) return [];
  const { definition, progressPercentage } = backfill;
  return [
    { label: 'backfill', text: `features ${definition}, ${progressPercentage}% of the history; the old ones serve` },
  ];
}

/** None where no model is watched. */
function driftNodes({ drift, conditions }: PipelineStatus, now: number): Node[] {
  if (drift === undefined) return [];
  const found = conditionOf({ conditions }, 'DriftDetected');
  const verdict = { True: 'found', False: 'none', Unknown: 'nothing looked at yet' }[found?.status ?? 'Unknown'];
  const { feature, score, windowsAboveThreshold: windows = 0, cooldownUntil } = drift;
  const waits = cooldownUntil !== undefined && Date.parse(cooldownUntil) > now;
  const facts = [
    verdict,
    ...(feature === undefined ? [] : [`${feature} ${score} away`]),
    ...said(windows || undefined, (count) => `${count} windows in a row`),
    ...said(drift.hitRate, (rate) => `hit rate ${rate}`),
    ...said(drift.lastEvaluatedTime, (time) => `looked at ${age(time, now)} ago`),
    ...said(waits ? cooldownUntil : undefined, (time) => `no training before ${time}`),
    ...said(drift.retrainsToday || undefined, (count) => `${count} trainings in 24 h`),
  ].join(', ');
  return [{ label: 'drift', text: found?.status === 'True' ? `${facts}: ${found.message}` : facts }];
}

const timeOf = ({ series, eventTime, metadata }: EventObject): string =>
  series?.lastObservedTime ?? eventTime ?? metadata.creationTimestamp ?? '';

function eventNodes({ events, now }: StatusView): Node[] {
  if (events.length === 0) return [{ label: 'none in the last hour' }];
  const newest = events.toSorted((a, b) => Date.parse(timeOf(b)) - Date.parse(timeOf(a))).slice(0, mostEvents);
  return newest.map((event) => {
    const times = event.series === undefined ? '' : ` (${event.series.count} times)`;
    return { label: age(timeOf(event), now), text: `${event.type} ${event.reason}${times}: ${event.note ?? ''}` };
  });
}

function problemLines(pipeline: PipelineObject): string[] {
  const problems = problemsOf(pipeline);
  if (problems.length === 0) return [];
  const lines = problems.flatMap(({ text, advice }) => [`  ${text}`, ...advice.map((line) => `    ${line}`)]);
  return ['', 'What is wrong, and what to do:', ...lines];
}

const conditionOf = (status: PipelineStatus | undefined, type: Condition['type']): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

const replicas = (ready: number, desired: number): string => `${ready} of ${desired} ready`;
const records = (count: number): string =>
  count === 1 ? '1 record waits' : `${count === 0 ? 'no' : count.toLocaleString('en')} records wait`;

const said = <T>(value: T | undefined, say: (value: T) => string): string[] =>
  value === undefined ? [] : [say(value)];
