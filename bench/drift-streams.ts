/** The drift detectors by themselves: delay and false alarms on streams with known drifts, false alarms without, cost. */
import { bernoulliErrors, driftStreams } from './drift/streams.ts';
import { watches, watchStream, type Watch } from './drift/watches.ts';
import type { BenchContext } from './main.ts';
import { median, round } from './statistics.ts';

const rates = [0.02, 0.1, 0.3, 0.5, 0.9];

export async function run({ flags, note }: BenchContext): Promise<object> {
  const events = Number(flags['events'] ?? 1_000_000);
  const seeds = Number(flags['seeds'] ?? 200);
  const streams = Object.fromEntries(
    driftStreams(note).map((stream) => [stream.name, forEachWatch((start) => watchStream(stream, start))]),
  );
  note('streams are done');
  const confirmed = Object.fromEntries(
    rates.map((rate) => [rate, countFindings(watches['HDDM_A+ADWIN']!, { rate, events })]),
  );
  note('stationary errors at five rates are done');
  return {
    falseConfirmationsPerMillion: round((Math.max(...Object.values(confirmed)) * 1_000_000) / events),
    falseConfirmationsByRate: confirmed,
    streams,
    step: forEachWatch((start) => findStep(start, seeds)),
    stationary: forEachWatch((start) => stationary(start, events)),
    events,
    seeds,
  };
}

function forEachWatch<Outcome>(measure: (start: () => Watch) => Outcome): Record<string, Outcome> {
  return Object.fromEntries(Object.entries(watches).map(([name, start]) => [name, measure(start)]));
}

/** On errors at one rate, .1: findings, and nanoseconds an error. */
function stationary(start: () => Watch, events: number): { falseAlarms: number; nanosecondsPerUpdate: number } {
  const errors = [...bernoulliErrors(1, { length: Math.min(events, 200_000), change: 0, before: 0, after: 0.1 })];
  const watch = start();
  for (const error of errors) watch.finds(error);
  const started = performance.now();
  for (const error of errors) watch.finds(error);
  const nanoseconds = ((performance.now() - started) * 1e6) / errors.length;
  return { falseAlarms: countFindings(start, { rate: 0.1, events }), nanosecondsPerUpdate: round(nanoseconds, 0) };
}

function countFindings(start: () => Watch, { rate, events }: { rate: number; events: number }): number {
  const watch = start();
  let findings = 0;
  for (const error of bernoulliErrors(7, { length: events, change: 0, before: rate, after: rate })) {
    if (watch.finds(error)) findings++;
  }
  return findings;
}

/** Errors at .1 that rise to .3 after 5,000. */
function findStep(
  start: () => Watch,
  seeds: number,
): { falseAlarmsBefore: number; medianDelay: number; missed: number } {
  const change = 5000;
  const delays: number[] = [];
  let falseAlarms = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const watch = start();
    let at = 0;
    for (const error of bernoulliErrors(seed, { length: 15_000, change, before: 0.1, after: 0.3 })) {
      const isFound = watch.finds(error);
      if (isFound && at < change) falseAlarms++;
      if (isFound && at >= change) {
        delays.push(at - change);
        break;
      }
      at++;
    }
  }
  return { falseAlarmsBefore: falseAlarms / seeds, medianDelay: median(delays), missed: seeds - delays.length };
}
