/** The test fold judged by all workers: the first one's models go to the others, and their sums come back. */
import { addTally, meansOf } from './evaluate.ts';
import {
  tallyAll,
  type AssessInput,
  type Assessed,
  type Beside,
  type BlendWeights,
  type Fitted,
  type Tallied,
} from './fit.ts';
import type { Told } from './fit-together.ts';
import type { ItemIndex } from './item-index.ts';
import { decodeMatrix, encodeMatrix } from './matrix-file.ts';
import { pack, unpack } from './packed.ts';
import { Popularity } from './popularity.ts';
import { decodeRanker, describeRanker, encodeRanker, type DescribedRanker } from './ranker/ranker-file.ts';

/** What judges: undefined where another worker is the first. */
export interface Judged {
  readonly fitted: Fitted;
  readonly weights: BlendWeights;
  readonly beside?: Beside | undefined;
}

/** What the first one has fitted and chosen, at each of them. */
export async function spreadModels(own: Judged | undefined, items: ItemIndex, { team, step }: Told): Promise<Judged> {
  const bytes = await team.hearFirst(`${step}.models`, () => encode(own!));
  return bytes === undefined ? own! : decode(bytes, items);
}

interface Head {
  readonly weights: BlendWeights;
  readonly ease: Pick<Fitted['ease'], 'items' | 'massKept'>;
  readonly seconds: Fitted['seconds'];
  readonly ranker: DescribedRanker | null;
}

function encode({ fitted, weights, beside }: Judged): Uint8Array {
  const { items, popularity, sr, ease, seconds } = fitted;
  const head: Head = {
    weights,
    ease: { items: ease.items, massKept: ease.massKept },
    seconds,
    ranker: beside ? describeRanker(beside.ranker, beside.weight) : null,
  };
  const matrices = [sr, ease.matrix].map((matrix) => encodeMatrix(matrix, items.size));
  return pack(head, [popularity.counts, ...matrices, ...(beside ? [encodeRanker(beside.ranker)] : [])]);
}

function decode(bytes: Uint8Array, items: ItemIndex): Judged {
  const { header, arrays } = unpack<Head>(bytes);
  const [counts, sr, ease, neural] = arrays as [Float64Array, Uint8Array, Uint8Array, Uint8Array?];
  const matrixOf = (name: string, file: Uint8Array) =>
    decodeMatrix(`the ${name} of the first worker`, file, items.size);
  return {
    weights: header.weights,
    beside: header.ranker && neural ? besideOf(header.ranker, neural, items) : undefined,
    fitted: {
      items,
      popularity: new Popularity(items, counts),
      sr: matrixOf('SR', sr),
      ease: { ...header.ease, matrix: matrixOf('EASE', ease) },
      seconds: header.seconds,
    },
  };
}

function besideOf(described: DescribedRanker, bytes: Uint8Array, items: ItemIndex): Beside {
  return { ranker: decodeRanker('the ranker of the first worker', bytes, described, items), weight: described.weight! };
}

/** The means over all workers' questions at the first one, elsewhere over its own. */
export async function assessTogether(judged: Judged, input: AssessInput, { team, step }: Told): Promise<Assessed[]> {
  const own = tallyAll(judged.fitted, judged.weights, input, judged.beside);
  await team.sendToFirst(
    `${step}.tally`,
    () => encodeTallies(own),
    (bytes) => addTallies(own, bytes),
  );
  return own.map((sum) => ({ kind: sum.kind, ...meansOf(sum) }));
}

function encodeTallies(tallies: readonly Tallied[]): Uint8Array {
  const sums = Float64Array.from(tallies.flatMap(({ queries, recall, ndcg, mrr }) => [queries, recall, ndcg, mrr]));
  return pack(null, [sums, ...tallies.map(({ recommended }) => recommended)]);
}

function addTallies(own: readonly Tallied[], bytes: Uint8Array): void {
  const [sums, ...shown] = unpack(bytes).arrays;
  own.forEach((sum, at) => {
    const [queries, recall, ndcg, mrr] = sums!.subarray(4 * at, 4 * at + 4);
    addTally(sum, { queries: queries!, recall: recall!, ndcg: ndcg!, mrr: mrr!, recommended: shown[at] as Uint8Array });
  });
}
