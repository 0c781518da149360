/** Replays the log as the trainer of a classifier does, and what came after: the examples that a candidate is judged by. */
import type { Broker, BrokerRecord } from '../../shared/broker.ts';
import type { ClassifierInputs } from '../../shared/learning/classify/classifier-inputs.ts';
import type { Manifest } from '../../shared/learning/manifest.ts';
import type { Example } from '../../shared/learning/point-in-time/example.ts';
import { PointInTime } from '../../shared/learning/point-in-time/point-in-time.ts';
import { examplesOf, type ExampleSource } from '../example-settings.ts';
import type { ReadRange } from '../replay.ts';
import { replayInTime } from '../replay-in-time.ts';
import { splitLog } from './split-log.ts';

export interface ExamplesInput {
  readonly broker: Broker;
  /** Name of the topic of the stream `events-clean`. */
  readonly topic: string;
  readonly inputs: ClassifierInputs;
  readonly source: ExampleSource;
  /** What the candidate was fitted to. */
  readonly offsets: Manifest['offsets'];
  /** Examples begin here, milliseconds since 1970. */
  readonly from: number;
  readonly seed: number;
}

export interface HeldExamples {
  readonly examples: readonly Example[];
  /** The newest event that the candidate was fitted to, milliseconds since 1970. */
  readonly seenUntil: number;
}

/** More of them tell little more. */
const mostExamples = 8000;

/** Those whose time has passed by now. `problem`: the candidate was fitted to what this log does not have. */
export async function readExamples(input: ExamplesInput): Promise<HeldExamples | { readonly problem: string }> {
  const { broker, topic, inputs, source, offsets, from, seed } = input;
  const log = await splitLog(broker, topic, offsets);
  if ('problem' in log) return log;
  const pointInTime = new PointInTime(
    { ...examplesOf(source, inputs), from, capacity: mostExamples, seed },
    log.seen.map(({ partition }) => partition),
  );
  const ended = new Set<number>();
  let seenUntil = -Infinity;
  const read = (range: ReadRange): AsyncIterable<readonly BrokerRecord[]> => broker.read({ topic, ...range });
  const logs = log.seen.map((range, at) => {
    const both = oneAfterTheOther(read(range), read(log.fresh[at]!), () => void ended.add(range.partition));
    return [range.partition, both] as const;
  });
  await replayInTime(new Map(logs), {
    get next() {
      return pointInTime.next;
    },
    take(event, partition) {
      if (!ended.has(partition)) seenUntil = Math.max(seenUntil, Date.parse(event.time));
      pointInTime.take(event, partition);
    },
    end: (partition) => pointInTime.end(partition),
  });
  return { examples: pointInTime.finish().examples, seenUntil };
}

async function* oneAfterTheOther<T>(
  first: AsyncIterable<T>,
  second: AsyncIterable<T>,
  between: () => void,
): AsyncGenerator<T, void> {
  yield* first;
  between();
  yield* second;
}
