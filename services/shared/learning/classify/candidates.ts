/** The models that a classifier is chosen from: each kind with a few settings, fitted in the same way. */
import type { TensorBackend } from '../tensor/tensor-backend.ts';
import type { ClassifierModel } from './classifier.ts';
import type { ClassifierKind } from './classifier-kinds.ts';
import { fitLogistic, type Labelled, type Penalties } from './logistic.ts';
import { defaultMlp, fitMlp, type MlpSettings } from './mlp.ts';
import { defaultBoost, fitTrees, type BoostSettings } from './trees.ts';

export type Candidate =
  | { readonly kind: 'linear'; readonly settings: Penalties }
  | { readonly kind: 'mlp'; readonly settings: MlpSettings }
  | { readonly kind: 'trees'; readonly settings: BoostSettings };

/** scikit-learn's C is 1/l2 here. */
const penalties: readonly Penalties[] = [
  { l1: 0, l2: 100 },
  { l1: 0, l2: 10 },
  { l1: 0, l2: 1 },
  { l1: 10, l2: 0 },
  { l1: 1, l2: 0 },
];
const leaves = [7, 15, 31];

export function candidatesOf(kinds: readonly ClassifierKind[], seed: number): Candidate[] {
  const all: Candidate[] = [
    ...penalties.map((settings): Candidate => ({ kind: 'linear', settings })),
    { kind: 'mlp', settings: { ...defaultMlp, seed } },
    ...leaves.map((most): Candidate => ({ kind: 'trees', settings: { ...defaultBoost, leaves: most } })),
  ];
  return all.filter(({ kind }) => kinds.includes(kind));
}

export interface FoldRows {
  /** Balanced. */
  readonly train: Labelled;
  /** As it is, weighed as the training rows are: says when to stop. */
  readonly validation: Labelled;
}

/** `tensors` is asked for by an mlp alone. */
export async function fitCandidate(
  candidate: Candidate,
  rows: FoldRows,
  tensors: () => Promise<TensorBackend>,
): Promise<ClassifierModel> {
  const { train, validation } = rows;
  if (candidate.kind === 'linear') return { kind: 'linear', linear: fitLogistic(train, candidate.settings) };
  if (candidate.kind === 'trees') return { kind: 'trees', trees: fitTrees(train, validation, candidate.settings) };
  return { kind: 'mlp', mlp: await fitMlp(await tensors(), rows, candidate.settings) };
}

export function describeCandidate({ kind, settings }: Candidate): string {
  if (kind === 'linear') return `l1 ${settings.l1}, l2 ${settings.l2}`;
  if (kind === 'mlp') return `units ${settings.units.join('-')}, dropout ${settings.dropout}, l2 ${settings.l2}`;
  return `${settings.leaves} leaves, rate ${settings.learningRate}`;
}
