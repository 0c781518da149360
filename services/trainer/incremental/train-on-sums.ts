/**
 * One incremental training of a model: reads what is new, asks a model of the old what comes in it, adds it to the sums,
 * fits the model to all of them, and keeps them for the next time. Without sums the oldest events stand for the old.
 */
import type { KeyObject } from 'node:crypto';
import type { Broker } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { CleanEvent } from '../../shared/event.ts';
import { isSince } from '../../shared/learning/collect.ts';
import type { Inverter } from '../../shared/learning/ease.ts';
import type { BlendWeights } from '../../shared/learning/fit.ts';
import type { BaselineSample } from '../../shared/learning/drift/baseline-sample.ts';
import { fitSums, itemsOf } from '../../shared/learning/incremental/fit-sums.ts';
import { Prequential } from '../../shared/learning/incremental/prequential.ts';
import { storeSums } from '../../shared/learning/incremental/sums-file.ts';
import type { BeforeStep } from '../../shared/learning/incremental/sums.ts';
import { codeVersion } from '../../shared/learning/manifest.ts';
import type { ModelInputs } from '../../shared/learning/model-inputs.ts';
import { EventTime, eventTime } from '../../shared/learning/point-in-time/event-time.ts';
import type { LinkEvent } from '../../shared/profile/compile.ts';
import type { ReplaceableParts } from '../../shared/run-parts.ts';
import { replayInTime } from '../replay-in-time.ts';
import { rangesNow, type ReadRange } from '../replay.ts';
import { begin, sumsSchema, type Begun } from './begin.ts';
import { finished, type SumsTrained } from './finished.ts';
import { judgeOld, type Old } from './judge-old.ts';
import { keepSums, type SumsHead } from './kept-sums.ts';

/** Questions that are kept of what is new. */
const mostQuestions = 10_000;

export interface SumsTraining {
  readonly inputs: ModelInputs;
  readonly mergeOn: readonly LinkEvent[];
  readonly topic: string;
  /** Learn from events ingested since then alone. */
  readonly since: number | undefined;
  readonly minEvents: number;
  /** Share of the log, the newest, that judges where nothing is kept yet, and as much before it. */
  readonly holdout: number;
  readonly refitAfterMs: number;
  readonly sample: BaselineSample;
}

export interface SumsDeps {
  readonly broker: Broker;
  readonly parts: ReplaceableParts;
  readonly signingKey: KeyObject;
  readonly inverter: Inverter;
  readonly now: () => number;
  readonly onProgress: (phase: string) => void;
}

/** Throws `BadData` if there are too few events, and what the broker or the store throws. */
export async function trainOnSums(training: SumsTraining, deps: SumsDeps): Promise<SumsTrained> {
  const { inputs, mergeOn, topic, since, refitAfterMs } = training;
  const { now, onProgress, parts, signingKey } = deps;
  const started = now();
  const ranges = await rangesNow(deps.broker, topic, () => true);
  const begun = await begin(parts, signingKey, { inputs, mergeOn, topic, ranges, since, refitAfterMs, now: started });
  onProgress(begun.refit === undefined ? 'reading what is new' : `reading everything: ${begun.refit}`);
  const reading = new Reading(training, begun, deps);
  const { old, judged } = await readAndJudge(reading, ranges, deps);
  enough(training, begun);
  onProgress('fitting to all events');
  const known = itemsOf(begun.sums);
  const fitted = await fitSums(begun.sums, known, { inputs, inverter: deps.inverter, now });
  const weights = judged?.weights ?? begun.weights;
  const offsets = ranges.map((range) => ({ ...range, from: readOf(begun, range)?.from ?? range.from }));
  await keepSums(parts, { head: headOf(reading, offsets, weights), sums: storeSums(begun.sums) }, signingKey);
  const { lines, malformed } = reading;
  const seconds = (now() - started) / 1000;
  return finished({ begun, known, fitted, old, judged, weights, replayed: { offsets, lines, malformed }, seconds });
}

/** Asks a model of what was there before what comes next, while that is added. */
async function readAndJudge(reading: Reading, ranges: readonly ReadRange[], deps: SumsDeps) {
  const { begun, training } = reading;
  const cut = cutOf(begun, ranges, training.holdout);
  if (begun.refit !== undefined) await reading.read(ranges, cut);
  const old = await fitOld(reading, deps);
  const asked = new Prequential(begun.sums, mostQuestions);
  const rest = ranges.map((range, at) => ({ ...range, from: cut[at]! }));
  await reading.read(rest, ends(ranges), asked.before);
  return { old, judged: old && judgeOld(old, asked, { inputs: training.inputs, weights: begun.weights }) };
}

function headOf({ begun, training, newest }: Reading, offsets: readonly ReadRange[], weights: BlendWeights): SumsHead {
  const { inputs, mergeOn, topic } = training;
  return {
    topic,
    model: inputs.name,
    schema: sumsSchema(inputs, mergeOn),
    codeVersion,
    offsets,
    fullAt: begun.fullAt,
    since: begun.since ?? null,
    newest: Number.isFinite(newest) ? newest : null,
    weights,
  };
}

/** What the sums have of the same partition. A broker may list partitions in any order. */
const readOf = ({ read }: Begun, { partition }: ReadRange): ReadRange | undefined =>
  read.find((range) => range.partition === partition);

const ends = (ranges: readonly ReadRange[]): number[] => ranges.map(({ to }) => to);

/** By range: the first offset of what judges. */
function cutOf(begun: Begun, ranges: readonly ReadRange[], holdout: number): number[] {
  if (begun.refit === undefined) return ranges.map((range) => readOf(begun, range)!.to);
  return ranges.map(({ from, to }) => from + Math.floor((to - from) * (1 - 2 * holdout)));
}

function enough({ inputs, minEvents }: SumsTraining, { sums }: Begun): void {
  const items = sums.items.names.length;
  if (sums.events >= minEvents && items >= 2) return;
  throw new LikenessError(
    'BadData',
    `Model ${inputs.name}: ${sums.events} events of ${items} items are too few to learn from; it takes at least ` +
      `${minEvents} (spec.training.minEvents) of 2 items`,
  );
}

/** A model of what came before; undefined: that is too little to make one. */
async function fitOld({ begun, training, newest }: Reading, { inverter, now }: SumsDeps): Promise<Old | undefined> {
  if (begun.sums.items.names.length < 2) return undefined;
  const known = itemsOf(begun.sums);
  const fitted = await fitSums(begun.sums, known, { inputs: training.inputs, inverter, now });
  return { known, fitted, before: newest + 1 };
}

/** Reads stretches of the log into the sums, and notes how far it has come. */
class Reading {
  readonly training: SumsTraining;
  readonly begun: Begun;
  readonly #broker: Broker;
  /** Time of the newest event. */
  newest: number;
  lines = 0;
  malformed = 0;

  constructor(training: SumsTraining, begun: Begun, { broker }: SumsDeps) {
    this.training = training;
    this.begun = begun;
    this.newest = begun.newest;
    this.#broker = broker;
  }

  /** Up to `to[i]` of each range. */
  async read(ranges: readonly ReadRange[], to: readonly number[], before?: BeforeStep): Promise<void> {
    const { topic } = this.training;
    const stretches = ranges.map((range, at) => ({ ...range, to: to[at]! }));
    const time = new EventTime(stretches.map(({ partition }) => partition));
    const malformed = await replayInTime(
      new Map(
        stretches.map(({ partition, from, to: end }) => [
          partition,
          this.#broker.read({ topic, partition, from, to: end }),
        ]),
      ),
      {
        get next() {
          return time.furthestBack;
        },
        take: (event, partition) => {
          time.note(partition, event);
          this.#take(event, before);
        },
        end: (partition) => time.end(partition),
      },
    );
    this.malformed += malformed;
    this.lines += malformed;
  }

  #take(event: CleanEvent, before: BeforeStep | undefined): void {
    const { sums, since } = this.begun;
    this.lines++;
    if (!isSince({ since }, event)) return;
    const time = eventTime(event);
    if (time > this.newest) this.newest = time;
    this.training.sample.take(event);
    sums.take(event, before);
  }
}
