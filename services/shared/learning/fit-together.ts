/** What a fit needs of all profiles, added up over the workers of a run: counts of items, of pairs, and the Gram matrix. */
import { easeBlock, fitEase, type Ease, type EaseBlock, type EaseOptions } from './ease.ts';
import { addEncoded, addGram, encodeTriangle, packedTriangle, type Triangle } from './gram.ts';
import type { Coordinates } from './item-matrix.ts';
import { pack, unpack } from './packed.ts';
import type { PairCounts } from './pair-counts.ts';
import { countSteps, countTargets, type Sequences } from './sequences.ts';
import { countPairs } from './sequential-rules.ts';
import { isFirst, type Team } from './team.ts';

export interface ItemCounts {
  /** Target events by item. */
  readonly targets: Float64Array;
  readonly steps: Float64Array;
}

export async function countItems(train: Sequences, items: number, team: Team, step: string): Promise<ItemCounts> {
  const counts = { targets: countTargets(train, items), steps: countSteps(train, items) };
  const own = [Uint32Array.from(counts.targets), Uint32Array.from(counts.steps)];
  await team.share(
    `${step}.items`,
    () => pack(null, own),
    (bytes) => {
      const [targets, steps] = unpack(bytes).arrays;
      targets!.forEach((count, item) => (counts.targets[item]! += count));
      steps!.forEach((count, item) => (counts.steps[item]! += count));
    },
  );
  return counts;
}

/** Of all workers at the first one, elsewhere its own alone. */
export async function addUpPairs(train: Sequences, counts: PairCounts, window: number, { team, step }: Told) {
  countPairs(train, window, counts);
  await team.sendToFirst(
    `${step}.pairs`,
    () => {
      const { rows, columns, values } = counts.coordinates();
      return pack(null, [rows, columns, values]);
    },
    (bytes) => {
      const [rows, columns, values] = unpack(bytes).arrays;
      counts.addAll({ rows, columns, values } as Coordinates);
    },
  );
}

export interface Told {
  readonly team: Team;
  /** Names what is told. */
  readonly step: string;
}

/** undefined where another worker is the first: it has the sum, and inverts it. */
export async function fitEaseTogether(
  train: Sequences,
  { steps }: ItemCounts,
  options: EaseOptions & { readonly maxItems: number },
  told: Told,
): Promise<Ease | undefined> {
  const block = easeBlock(steps, options.maxItems);
  if (isFirst(told.team)) return fitEase(block, (triangle) => addAllGrams(train, block, triangle, told), options);
  const own = packedTriangle(block.members.length);
  await addAllGrams(train, block, own, told);
  return undefined;
}

async function addAllGrams(
  train: Sequences,
  block: EaseBlock,
  triangle: Triangle,
  { team, step }: Told,
): Promise<void> {
  addGram(train, block.rowOf, triangle);
  await team.sendToFirst(
    `${step}.gram`,
    () => encodeTriangle(triangle),
    (bytes) => addEncoded(bytes, block.members.length, triangle),
  );
}
