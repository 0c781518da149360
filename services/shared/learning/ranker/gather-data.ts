/** The histories of all workers at the first one, which trains the ranker; in an order that no sharing changes. */
import type { TrainingSet } from '../event-table.ts';
import type { Told } from '../fit-together.ts';
import { pack, unpack } from '../packed.ts';
import type { Sequences } from '../sequences.ts';
import type { RankerData } from './fit-ranker.ts';

/** Two halves of the hash of each profile's id. */
interface Owned {
  readonly train: Sequences;
  readonly owners: Uint32Array;
}

/** `train` has the profiles of the set. Elsewhere than at the first worker: its own histories alone. */
export async function gatherData(train: Sequences, set: TrainingSet, { team, step }: Told): Promise<RankerData> {
  const { items, attributes } = set;
  const all: Owned[] = [{ train, owners: set.owners }];
  await team.sendToFirst(
    `${step}.histories`,
    () => encode(all[0]!),
    (bytes) => all.push(decode(bytes)),
  );
  return { train: ordered(all), items, attributes };
}

function encode({ train: { starts, items, times, targets, labels }, owners }: Owned): Uint8Array {
  return pack(null, [owners, starts, items, times, targets, ...(labels ? [labels] : [])]);
}

function decode(bytes: Uint8Array): Owned {
  const [owners, starts, items, times, targets, labels] = unpack(bytes).arrays as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Float64Array,
    Uint8Array,
    Uint8Array | undefined,
  ];
  return { train: { starts, items, times, targets, labels }, owners };
}

/** By the hash of the owner. */
function ordered(all: readonly Owned[]): Sequences {
  const profiles = all.flatMap(({ train, owners }) =>
    Array.from({ length: train.starts.length - 1 }, (_, at) => ({
      train,
      from: train.starts[at]!,
      to: train.starts[at + 1]!,
      high: owners[2 * at]!,
      low: owners[2 * at + 1]!,
    })),
  );
  profiles.sort((a, b) => a.high - b.high || a.low - b.low);
  const starts = new Uint32Array(profiles.length + 1);
  profiles.forEach(({ from, to }, at) => (starts[at + 1] = starts[at]! + to - from));
  const steps = starts.at(-1)!;
  const whole = {
    starts,
    items: new Uint32Array(steps),
    times: new Float64Array(steps),
    targets: new Uint8Array(steps),
  };
  const labels = all.some(({ train }) => train.labels) ? new Uint8Array(steps) : undefined;
  profiles.forEach(({ train, from, to }, at) => {
    whole.items.set(train.items.subarray(from, to), starts[at]);
    whole.times.set(train.times.subarray(from, to), starts[at]);
    whole.targets.set(train.targets.subarray(from, to), starts[at]);
    if (train.labels) labels?.set(train.labels.subarray(from, to), starts[at]);
  });
  return { ...whole, labels };
}
