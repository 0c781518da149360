/** The demonstration: a real pipeline on this machine, a simulated shop that changes, and what came of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadPipeline } from '../../crds/load.ts';
import type { PipelineSpec } from '../../crds/pipeline.ts';
import { launchPipeline, type LaunchedPipeline } from '../../cli/up.ts';
import { postBatch } from '../../cli/post-batch.ts';
import { readShop, type Shop } from '../../cli/simulate/shop-spec.ts';
import { simulate } from '../../cli/simulate/simulate.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import type { SentEvent } from '../../services/shared/event.ts';
import { askApi } from './ask-api.ts';
import { compare } from './compare.ts';
import { createJournal, type Journal } from './journal.ts';
import { followingKinds, followingSteps, type Mark } from './marks.ts';
import { createProfiles, type Profiles, type RatePoint, ratesOf } from './questions.ts';
import { renderReport, type DemoSummary } from './report.ts';
import type { Screen } from './screen.ts';
import { summariseDemo } from './summarise.ts';
import { compileFeatures } from '../../services/shared/profile/compile.ts';

export interface DemoOptions {
  /** A new folder. */
  readonly dataDir: string;
  readonly reportFile: string;
  readonly seed: number;
  /** Of the run before the change, and after it. */
  readonly secondsBefore: number;
  readonly secondsAfter: number;
}

/** Milliseconds between two batches, and the share of the events that the API is asked about before. */
const batchMs = 200;
const askedShare = 0.15;
/** A machine that has other things to do is asked less, so that the shop keeps its pace. */
const late = { byMs: 400, askedShare: 0.08 };
/** The fresh model learns from so much of the new time, and is asked in the rest. */
const learnedShare = 0.6;
/** A point of the curves. */
const stepMs = 3000;

const own = (file: string): string => new URL(file, import.meta.url).pathname;

export async function runDemo(options: DemoOptions, screen: Screen): Promise<DemoSummary> {
  const pipelineFile = own('./pipeline.yaml');
  const pipeline = await launchPipeline({ spec: pipelineFile, data: options.dataDir, port: 0 });
  try {
    return await runShop(pipeline, specIn(pipelineFile), { options, screen });
  } finally {
    await pipeline.stop();
  }
}

function specIn(file: string): PipelineSpec {
  const loaded = loadPipeline(readFileSync(file, 'utf8'));
  if (!loaded.ok) throw new LikenessError('BadSpec', `${file} is no pipeline`);
  return loaded.effective;
}

function shopOf({ seed, secondsBefore, secondsAfter }: DemoOptions): Shop {
  const file = own('./shop.yaml');
  const plain = readShop(readFileSync(file, 'utf8'), file);
  const change = Math.round(secondsBefore * plain.rate);
  const events = change + Math.round(secondsAfter * plain.rate);
  const overrides = { seed, events, start: new Date().toISOString() };
  return { ...readShop(readFileSync(file, 'utf8'), file, overrides), changes: [{ ...tasteChange, at: change }] };
}

const tasteChange = { kind: 'Taste', share: 1, over: 0, factor: 1 } as const;

interface Running {
  readonly options: DemoOptions;
  readonly screen: Screen;
}

async function runShop(pipeline: LaunchedPipeline, spec: PipelineSpec, running: Running): Promise<DemoSummary> {
  const { options, screen } = running;
  await untilReady(pipeline);
  const shop = shopOf(options);
  const change = shop.changes[0]!.at;
  const events = [...simulate(shop)];
  const [from, to] = [events[0]!, events.at(-1)!].map(({ time }) => Date.parse(time)) as [number, number];
  const journal = createJournal({ dataDir: options.dataDir, screen, from, to });
  const freshFrom = change + Math.round((events.length - change) * learnedShare);
  const sentAt = await sendAll(pipeline, events, { spec, journal, change, freshFrom });
  const changedAt = sentAt[change]!;
  journal.end(Date.now());
  const { marks, asked, drift, misses } = journal;
  const version = marks.findLast((mark) => mark.version !== undefined && mark.time < changedAt)?.version;
  if (version === undefined) throw new LikenessError('ModelInvalid', 'No model was in service before the change');
  const others = await compare({ spec, events, sentAt, change, freshFrom, dataDir: options.dataDir, version });
  const summary = summariseDemo({ marks, asked, others, changedAt, seed: shop.seed, events: events.length });
  const [live, unchanged, fresh] = [asked, others.static, others.fresh].map((answers) =>
    ratesOf(answers, stepMs),
  ) as Curves;
  const threshold = Number(spec.training.retrain.threshold);
  const curves = { live, static: unchanged, fresh, drift, misses, threshold };
  writeFileSync(options.reportFile, renderReport({ from, to: sentAt.at(-1)!, marks, ...curves, summary }));
  return summary;
}

type Curves = [RatePoint[], RatePoint[], RatePoint[]];

interface SendingAll {
  readonly spec: PipelineSpec;
  readonly journal: Journal;
  readonly change: number;
  readonly freshFrom: number;
}

/**
 * Gives when each was sent, milliseconds since 1970. On a slow machine it waits before the change for a first model, and
 * before the comparison for one of the new time: what is shown is the same, only later.
 */
async function sendAll(
  pipeline: LaunchedPipeline,
  events: readonly SentEvent[],
  { spec, journal, change, freshFrom }: SendingAll,
): Promise<Float64Array> {
  const profiles = createProfiles(compileFeatures(spec.features, spec.events), spec.models[0]!.recommend!.history);
  const sentAt = new Float64Array(events.length);
  let [at, waited] = [0, 0];
  for (const batch of batches(events)) {
    const has = (event: number): boolean => at <= event && event < at + batch.length;
    if (has(change)) waited += await holdFor(journal, { awaited: 'a first model', isSo: hasModel });
    if (has(freshFrom)) waited += await holdFor(journal, { awaited: 'a model of the new taste', isSo: hasFollowed });
    const ahead = Date.parse(batch.at(-1)!.time) + waited - Date.now();
    await pace(ahead);
    const now = Date.now();
    sentAt.fill(now, at, at + batch.length);
    if (has(change)) journal.noteChange(now);
    at += batch.length;
    await send(pipeline, profiles, { batch, journal, share: -ahead > late.byMs ? late.askedShare : askedShare });
    journal.look(Date.now());
  }
  return sentAt;
}

/** One that is on its way may come after the change all the same: it is held to what its hold-out promised. */
const hasModel = (marks: readonly Mark[]): boolean => marks.some(({ kind }) => kind === 'active');

const hasFollowed = (marks: readonly Mark[]): boolean => followingSteps(marks).length === followingKinds.length;

const patienceMs = 150_000;

interface Hold {
  readonly awaited: string;
  readonly isSo: (marks: readonly Mark[]) => boolean;
}

/** Until the marks are so, or patience is at its end. Gives the milliseconds. */
async function holdFor(journal: Journal, { awaited, isSo }: Hold): Promise<number> {
  const started = Date.now();
  for (journal.look(started); !isSo(journal.marks); journal.look(Date.now(), awaited)) {
    if (Date.now() - started > patienceMs) break;
    await sleep(batchMs);
  }
  return Date.now() - started;
}

async function untilReady({ backend }: LaunchedPipeline): Promise<void> {
  while (!(await fetch(`${backend.urls().serving}/readyz`)).ok) await sleep(batchMs);
}

/** Of `batchMs` of the shop's clock, which is the wall's. */
function* batches(events: readonly SentEvent[]): Generator<SentEvent[]> {
  let batch: SentEvent[] = [];
  let end = Date.parse(events[0]!.time) + batchMs;
  for (const event of events) {
    const time = Date.parse(event.time);
    if (time >= end && batch.length > 0) {
      yield batch;
      batch = [];
      end = time + batchMs;
    }
    batch.push(event);
  }
  if (batch.length > 0) yield batch;
}

async function pace(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms);
}

interface Sending {
  readonly batch: readonly SentEvent[];
  readonly journal: Journal;
  /** Of the events that the API is asked about. */
  readonly share: number;
}

/** Asks first: once an event is sent, it is no question any more. */
async function send({ backend }: LaunchedPipeline, profiles: Profiles, sending: Sending): Promise<void> {
  const { batch, journal, share } = sending;
  const { serving, ingest } = backend.urls();
  const questions = batch.filter((_, at) => (at * share) % 1 < share).flatMap((event) => profiles.ask(event) ?? []);
  await Promise.all(
    questions.map(async (question) => {
      const hit = await askApi(serving, question);
      if (hit !== undefined) journal.asked.push({ time: Date.now(), hit });
    }),
  );
  const answer = await postBatch({ to: ingest }, batch.map((event) => JSON.stringify(event)).join('\n'));
  if (answer?.accepted !== batch.length) throw new Error(`ingest took ${answer?.accepted} of ${batch.length} events`);
  for (const event of batch) profiles.take(event);
}
