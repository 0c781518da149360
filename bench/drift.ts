/**
 * The closed loop of drift, over seeds, on an injected clock: false alarms, delay, and how far quality recovers. Synthetic.
 * Settings are tried on seeds from 101 on (`--first 101`); what is reported is seeds 1 to 20, which nothing was chosen by.
 */
import { readShop } from '../cli/simulate/shop-spec.ts';
import { runClosedLoop } from './drift/loop/closed-loop.ts';
import { loopSpecs } from './drift/loop/pipeline.ts';
import { summariseLoop, type LoopSummary } from './drift/loop/summarise.ts';
import type { BenchContext } from './main.ts';
import { median, round } from './statistics.ts';

/** A small shop: 43,200 events a day. */
const rate = 0.5;

export async function run({ flags, note }: BenchContext): Promise<object> {
  const seeds = Number(flags['seeds'] ?? 20);
  const first = Number(flags['first'] ?? 1);
  const before = Number(flags['before'] ?? 40_000);
  const after = Number(flags['after'] ?? 40_000);
  const settings = flags['settings'] === 'quick' ? 'quick' : 'default';
  const outcomes: LoopSummary[] = [];
  for (let seed = first; seed < first + seeds; seed++) {
    const changes = [{ at: before, kind: 'Taste' }];
    const shop = readShop(JSON.stringify({ seed, rate, events: before + after, changes }), 'bench');
    const measuredFrom = before + Math.round(0.6 * after);
    const outcome = summariseLoop(await runClosedLoop({ spec: loopSpecs[settings], shop, measuredFrom }));
    outcomes.push(outcome);
    const { falseAlarms, delay, recovered, static: unchanged } = outcome;
    note(
      `seed ${seed}: ${falseAlarms} false alarms, found after ${delay ?? 'no'} events, ` +
        `recovered ${recovered.toFixed(3)}, static ${unchanged.toFixed(3)}`,
    );
  }
  const data = 'synthetic: a simulated shop whose customers change taste';
  return { ...summarise(outcomes, seeds * (before + after)), settings, firstSeed: first, seeds, data };
}

function summarise(outcomes: readonly LoopSummary[], events: number): object {
  const delays = outcomes.flatMap(({ delay }) => delay ?? []);
  const recovered = outcomes.map((outcome) => outcome.recovered);
  const falseAlarms = outcomes.reduce((sum, outcome) => sum + outcome.falseAlarms, 0);
  return {
    falseAlarmsPerMillion: round((falseAlarms * 1e6) / events),
    medianDelay: median(delays),
    recoveredFraction: round(median(recovered), 4),
    staticFraction: round(median(outcomes.map((outcome) => outcome.static)), 4),
    missed: outcomes.length - delays.length,
    greatestDelay: Math.max(...delays),
    leastRecovered: round(Math.min(...recovered), 4),
    recoveredSeeds: recovered.filter((share) => share >= 0.95).length,
    greatestStatic: round(Math.max(...outcomes.map((outcome) => outcome.static)), 4),
    events,
  };
}
