/** The closed loop of drift, over seeds, on an injected clock: false alarms, delay, and how far quality recovers. Synthetic. */
import { readShop } from '../cli/simulate/shop-spec.ts';
import { runClosedLoop } from './drift/loop/closed-loop.ts';
import { summariseLoop, type LoopSummary } from './drift/loop/summarise.ts';
import type { BenchContext } from './main.ts';
import { median, round } from './statistics.ts';

export async function run({ flags, note }: BenchContext): Promise<object> {
  const seeds = Number(flags['seeds'] ?? 20);
  const before = Number(flags['before'] ?? 40_000);
  const after = Number(flags['after'] ?? 20_000);
  const outcomes: LoopSummary[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const changes = [{ at: before, kind: 'Taste' }];
    const shop = readShop(JSON.stringify({ seed, events: before + after, changes }), 'bench');
    const outcome = summariseLoop(await runClosedLoop({ shop, measuredFrom: before + Math.round(0.6 * after) }));
    outcomes.push(outcome);
    const { falseAlarms, delay, recovered, static: unchanged } = outcome;
    note(
      `seed ${seed}: ${falseAlarms} false alarms, found after ${delay ?? 'no'} events, ` +
        `recovered ${recovered.toFixed(3)}, static ${unchanged.toFixed(3)}`,
    );
  }
  const events = seeds * (before + after);
  const delays = outcomes.flatMap(({ delay }) => delay ?? []);
  const recovered = outcomes.map((outcome) => outcome.recovered);
  return {
    falseAlarmsPerMillion: round((outcomes.reduce((sum, { falseAlarms }) => sum + falseAlarms, 0) * 1e6) / events),
    medianDelay: median(delays),
    recoveredFraction: round(median(recovered), 4),
    staticFraction: round(median(outcomes.map((outcome) => outcome.static)), 4),
    missed: seeds - delays.length,
    greatestDelay: Math.max(...delays),
    leastRecovered: round(Math.min(...recovered), 4),
    recoveredSeeds: recovered.filter((share) => share >= 0.95).length,
    greatestStatic: round(Math.max(...outcomes.map((outcome) => outcome.static)), 4),
    seeds,
    events,
    data: 'synthetic: a simulated shop whose customers change taste',
  };
}
