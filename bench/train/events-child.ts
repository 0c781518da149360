/** One training for events.ts: `events-child.ts WAY EVENTS` prints one JSON object. */
import { availableParallelism } from 'node:os';
import { invertInThreads } from '../../services/shared/adapters/sweep-threads.ts';
import type { CleanEvent } from '../../services/shared/event.ts';
import { collectEvent } from '../../services/shared/learning/collect.ts';
import { EventTable } from '../../services/shared/learning/event-table.ts';
import { fitAll, type FitOptions } from '../../services/shared/learning/fit.ts';
import { fitSums, itemsOf } from '../../services/shared/learning/incremental/fit-sums.ts';
import { storeSums } from '../../services/shared/learning/incremental/sums-file.ts';
import { Sums } from '../../services/shared/learning/incremental/sums.ts';
import { modelInputs } from '../../services/shared/learning/model-inputs.ts';
import { pack } from '../../services/shared/learning/packed.ts';
import { featuresSchema } from '../../crds/features.ts';
import { modelsSchema } from '../../crds/learning.ts';
import { seededRandom } from '../random.ts';
import { round } from '../statistics.ts';

/** The same whatever the number of events, so that what grows with events alone shows. */
const profiles = 200_000;
const items = 2000;
const minute = 60_000;
const mergeOn = ['identify', 'alias'] as const;

const inputs = modelInputs(
  {
    features: featuresSchema.parse([{ name: 'history', sequence: { length: 50 } }]),
    models: modelsSchema.parse([{ name: 'next', recommend: { history: 'history', target: ['purchase'] } }]),
  },
  'next',
);

/** Popular items more often, the next one often near the last: as a shop's, but drawn. */
function* lines(count: number): Generator<string, void> {
  const random = seededRandom(7);
  const last = new Uint16Array(profiles);
  for (let at = 0; at < count; at++) {
    const who = Math.floor(random() ** 2 * profiles);
    const isNear = random() < 0.5;
    const item = isNear ? (last[who]! + 1 + Math.floor(random() * 5)) % items : Math.floor(random() ** 3 * items);
    last[who] = item;
    const time = new Date(Date.UTC(2026, 0, 1) + at * minute).toISOString();
    const type = random() < 0.3 ? 'purchase' : 'view';
    yield JSON.stringify({
      id: `e${at}`,
      type,
      time,
      userId: `u${who}`,
      itemId: `i${item}`,
      ingestedAt: time,
      receivedAt: time,
      profile: `u${who}`,
      value: 9.95,
      quantity: 1,
    });
  }
}

/** What the next training goes on from. */
function keep(sums: Sums): object {
  const started = performance.now();
  const { header, arrays } = storeSums(sums);
  const bytes = pack(header, arrays).length;
  return { keepSeconds: round((performance.now() - started) / 1000, 1), keptMb: round(bytes / 2 ** 20, 0) };
}

/** So many at once that neither making them nor looking at clocks counts for reading them. */
function* batches(count: number): Generator<readonly string[], void> {
  let batch: string[] = [];
  for (const line of lines(count)) {
    if (batch.push(line) < 10_000) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

async function train(way: string, count: number): Promise<object> {
  const options: FitOptions = {
    inputs,
    inverter: invertInThreads(availableParallelism()),
    now: () => performance.now(),
  };
  const sums = new Sums(inputs, mergeOn);
  const collector = { table: new EventTable(), inputs, mergeOn };
  const reading = { ms: 0, cpuMicros: 0 };
  for (const batch of batches(count)) {
    const [started, cpu] = [performance.now(), process.cpuUsage()];
    for (const line of batch) {
      const event = JSON.parse(line) as CleanEvent;
      if (way === 'sums') sums.take(event);
      else collectEvent(collector, event);
    }
    const { user, system } = process.cpuUsage(cpu);
    reading.ms += performance.now() - started;
    reading.cpuMicros += user + system;
  }
  const started = performance.now();
  if (way === 'sums') await fitSums(sums, itemsOf(sums), options);
  else {
    const { sequences, items: known } = collector.table.build();
    await fitAll(sequences, known, options);
  }
  const fitSeconds = (performance.now() - started) / 1000;
  const kept = way === 'sums' ? keep(sums) : {};
  return {
    events: count,
    eventsPerSecond: round(count / (reading.ms / 1000 + fitSeconds), 0),
    readSeconds: round(reading.ms / 1000, 1),
    readCpuSeconds: round(reading.cpuMicros / 1e6, 1),
    fitSeconds: round(fitSeconds, 1),
    ...kept,
    peakRssMb: round(process.resourceUsage().maxRSS / 1024, 0),
  };
}

const [way = 'sums', count = '1000000'] = process.argv.slice(2);
console.log(JSON.stringify(await train(way, Number(count))));
process.exit(0);
