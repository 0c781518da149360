/** How far a training is, as bytes: where it is in its batches, its best weights, and the state of its optimiser. */
import { pack, unpack } from '../packed.ts';
import type { TrainingState } from '../tensor/tensor-backend.ts';

/** Port: where a training keeps how far it is. A write replaces the one before, whole or not at all. */
export interface Checkpoints {
  /** undefined: there is none. */
  get(name: string): Promise<Uint8Array | undefined>;
  replace(name: string, bytes: Uint8Array): Promise<void>;
}

export interface EpochResult {
  /** Mean over the epoch's batches. */
  readonly loss: number;
  /** On the validation fold, undefined without one. */
  readonly ndcg: number | undefined;
}

export interface Position {
  /** From 0; the next batch is number `batch` of it. */
  epoch: number;
  batch: number;
  /** Sum over the batches of this epoch so far. */
  lossSum: number;
  readonly curve: EpochResult[];
  /** After how many epochs the weights were best. */
  bestEpoch: number;
}

export interface Checkpoint {
  /** What it is a checkpoint of. */
  readonly of: string;
  readonly position: Position;
  readonly state: TrainingState;
  readonly best: ReadonlyMap<string, Float32Array> | undefined;
}

interface Head {
  readonly of: string;
  readonly position: Position;
  readonly steps: number;
  readonly names: readonly string[];
  readonly hasBest: boolean;
}

export function encodeCheckpoint({ of, position, state, best }: Checkpoint): Uint8Array {
  const names = [...state.variables.keys()];
  const groups = [state.variables, state.firstMoments, state.secondMoments, ...(best ? [best] : [])];
  const head: Head = { of, position, steps: state.steps, names, hasBest: best !== undefined };
  return pack(
    head,
    groups.flatMap((group) => names.map((name) => bytesOf(group.get(name)!))),
  );
}

/** undefined: it is of something else. Throws `ModelInvalid` for what `encodeCheckpoint` has not written. */
export function decodeCheckpoint(bytes: Uint8Array, of: string): Checkpoint | undefined {
  const { header, arrays } = unpack<Head>(bytes);
  if (header.of !== of) return undefined;
  const { names } = header;
  const group = (at: number): Map<string, Float32Array> =>
    new Map(names.map((name, index) => [name, floatsOf(arrays[at * names.length + index] as Uint8Array)]));
  return {
    of,
    position: { ...header.position, curve: header.position.curve.map(({ loss, ndcg }) => ({ loss, ndcg })) },
    state: { steps: header.steps, variables: group(0), firstMoments: group(1), secondMoments: group(2) },
    best: header.hasBest ? group(3) : undefined,
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const floatsOf = (bytes: Uint8Array): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);
