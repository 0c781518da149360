/** How good a ranker's further heads are on the hold-out, beside the best that is said without looking at anybody. */
import { expectedCalibrationError, logLoss, rankingQuality } from '../classify/quality.ts';
import { profileCount, truncateSequences, type Sequences } from '../sequences.ts';
import { createAnswers } from './answers.ts';
import type { RankerData } from './fit-ranker.ts';
import { propensityAfter } from './head-labels.ts';
import { randomAt } from './random.ts';
import type { Foreseen, Ranker } from './ranker.ts';
import type { HeadSettings } from './settings.ts';

export interface Judging {
  readonly heads: HeadSettings;
  /** Milliseconds since 1970: the hold-out begins here; the ranker was trained on what lies before. */
  readonly from: number;
}

/** Enough to tell a ROC-AUC to about .01, and a few seconds of a run. */
const mostSteps = 5000;
const mostBefore = 50_000;

/**
 * By name, `heads.propensity.{label}.{figure}`, `heads.category.{figure}` and `heads.time.{figure}`; none of a head that
 * the hold-out cannot judge. It is asked after the last step of each time of the hold-out (of so many at most, evenly
 * spread over `data`, whose profiles are all workers'), and of labels whose time has passed alone. Categories and times are
 * those of the next target event, where one has come.
 */
export function judgeHeads(ranker: Ranker, data: RankerData, { heads, from }: Judging): Record<string, number> {
  const { train } = data;
  const before = truncateSequences(train, (profile) => countBefore(train, profile, from));
  const held = { ...places(train, from, mostSteps), sequences: train };
  const known = { ...places(before, -Infinity, mostBefore), sequences: before, until: latest(before) };
  const said = held.at.map((at, place) => ranker.foresee(train.items.subarray(held.start[place], at + 1))!);
  const judged = { held: { ...held, until: latest(train) }, known, said, data, ranker };
  const figures = [
    ...heads.propensity.flatMap((_, label) => propensityFigures(judged, heads, label)),
    ...(ranker.shape.categories.length > 0 ? categoryFigures(judged) : []),
    ...(ranker.shape.timeToNext ? timeFigures(judged) : []),
  ];
  return Object.fromEntries(figures.filter(([, value]) => Number.isFinite(value)));
}

/** Steps, each the last one of its time, with where their profiles begin and end. */
interface Places {
  readonly start: readonly number[];
  readonly at: readonly number[];
  readonly end: readonly number[];
}

interface Asked extends Places {
  readonly sequences: Sequences;
  /** Nothing is known of what comes after, milliseconds since 1970. */
  readonly until: number;
}

interface Judged {
  readonly held: Asked;
  readonly known: Asked;
  /** Of each step of `held`. */
  readonly said: readonly Foreseen[];
  readonly data: RankerData;
  readonly ranker: Ranker;
}

function places(sequences: Sequences, from: number, most: number): Places {
  const { starts, times } = sequences;
  const visit = (take: (start: number, at: number, end: number) => void): void => {
    for (let profile = 0; profile < profileCount(sequences); profile++) {
      const [start, end] = [starts[profile]!, starts[profile + 1]!];
      for (let at = start; at < end; at++)
        if (times[at]! >= from && (at + 1 === end || times[at + 1] !== times[at])) take(start, at, end);
    }
  };
  let all = 0;
  visit(() => all++);
  const stride = Math.max(1, all / most);
  const some = { start: [] as number[], at: [] as number[], end: [] as number[] };
  let passed = 0;
  visit((start, at, end) => {
    if (passed++ !== Math.floor(some.at.length * stride)) return;
    some.start.push(start);
    some.at.push(at);
    some.end.push(end);
  });
  return some;
}

function countBefore({ starts, times }: Sequences, profile: number, from: number): number {
  let at = starts[profile]!;
  while (at < starts[profile + 1]! && times[at]! < from) at++;
  return at - starts[profile]!;
}

const latest = ({ times }: Sequences): number => times.reduce((most, time) => Math.max(most, time), -Infinity);

function propensityFigures({ held, known, said }: Judged, { propensity }: HeadSettings, label: number) {
  const { name, within } = propensity[label]!;
  const truths = ({ at, end, sequences, until }: Asked): (boolean | undefined)[] =>
    at.map((step, place) => propensityAfter(sequences, { at: step, end: end[place]!, until }, label, within));
  const asked = truths(held).flatMap((came, place) =>
    came === undefined ? [] : [{ came: Number(came), probability: said[place]!.propensity[label]! }],
  );
  const labels = asked.map(({ came }) => came);
  const probabilities = asked.map(({ probability }) => probability);
  const baseRate = meanOf(truths(known).flatMap((came) => (came === undefined ? [] : [Number(came)])));
  return named(`propensity.${name}`, {
    examples: labels.length,
    baseRate: meanOf(labels),
    ...rankingQuality(probabilities, labels),
    logLoss: logLoss(probabilities, labels),
    logLossOfBaseRate: logLoss(Array(labels.length).fill(baseRate), labels),
    expectedCalibrationError: expectedCalibrationError(probabilities, labels),
  });
}

function categoryFigures({ held, known, said, data }: Judged) {
  const categoriesOf = (asked: Asked): (string | undefined)[] =>
    nextTargets(asked).map((step) => data.attributes[asked.sequences.items[step] ?? -1]?.category ?? undefined);
  const came = categoriesOf(held);
  const most = mostFrequent(categoriesOf(known));
  const hits = (guess: (place: number) => string | undefined): number[] =>
    came.flatMap((category, place) => (category === undefined ? [] : [Number(guess(place) === category)]));
  return named('category', {
    examples: hits(() => undefined).length,
    accuracy: meanOf(hits((place) => said[place]!.category?.name)),
    accuracyOfMostFrequent: meanOf(hits(() => most)),
  });
}

function timeFigures({ held, known, said }: Judged) {
  const pausesOf = (asked: Asked): (number | undefined)[] => {
    const { times } = asked.sequences;
    return nextTargets(asked).map((step, place) => (step < 0 ? undefined : times[step]! - times[asked.at[place]!]!));
  };
  const came = pausesOf(held);
  const median = medianOf(pausesOf(known).filter((pause) => pause !== undefined));
  const hoursOff = (guess: (place: number) => number): number[] =>
    came.flatMap((pause, place) => (pause === undefined ? [] : [Math.abs(guess(place) - pause) / 3_600_000]));
  return named('time', {
    examples: hoursOff(() => 0).length,
    hoursOff: meanOf(hoursOff((place) => said[place]!.timeToNext!)),
    hoursOffOfMedian: meanOf(hoursOff(() => median)),
  });
}

/** By the rules of the training: where several come at once, one of them at random, always the same. */
function nextTargets({ at, end, sequences }: Asked): number[] {
  const answers = createAnswers(sequences);
  return at.map((step, place) => answers.targetAfter(step, end[place]!, randomAt(place)));
}

function mostFrequent(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([a, first], [b, second]) => second - first || (a < b ? -1 : 1))[0]?.[0];
}

/** NaN of nothing. */
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

function named(head: string, figures: Readonly<Record<string, number>>): [name: string, value: number][] {
  if (figures['examples'] === 0) return [];
  return Object.entries(figures).map(([figure, value]) => [`heads.${head}.${figure}`, value]);
}
