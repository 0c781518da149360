/**
 * What two classifiers say of the same held-out examples, and what came. As with models that recommend: who has learned
 * from the time of an example answers by its twin, which has not, and at examples that are newer it answers itself.
 */
import type { LoadedClassifier } from '../artifact.ts';
import { probabilityOf } from '../classify/classifier.ts';
import { logLossOf } from '../classify/quality.ts';
import type { Example } from '../point-in-time/example.ts';

export interface ClassifierSide {
  readonly self: LoadedClassifier;
  readonly twin: LoadedClassifier | undefined;
}

export interface ClassifierEvidence {
  /** 1: the label came true. */
  readonly labels: Uint8Array;
  /** Tells profiles apart. */
  readonly profile: Uint32Array;
  /** What the candidate says, 0 to 1. */
  readonly said: Float64Array;
  /** Log loss by example, in nats. */
  readonly candidate: Float64Array;
  /** Without a model in service: empty. */
  readonly active: Float64Array;
  readonly activeSaid: Float64Array;
  /** Of always saying the share of examples whose label came true. */
  readonly base: Float64Array;
  /** Examples that came after the candidate was trained. */
  readonly fresh: number;
  /** Means over those that it had seen: its own, and its twin's, which had not. */
  readonly seenSelf: number;
  readonly seenTwin: number;
}

export function collectClassifierEvidence(
  examples: readonly Example[],
  candidate: ClassifierSide & { readonly seenUntil: number },
  active: ClassifierSide | undefined,
): ClassifierEvidence {
  const labels = Uint8Array.from(examples, ({ label }) => (label ? 1 : 0));
  const isFresh = examples.map(({ time }) => time > candidate.seenUntil);
  const ask = ({ self, twin }: ClassifierSide): Float64Array =>
    Float64Array.from(examples, (example, at) =>
      probabilityOf((isFresh[at] ? self : (twin ?? self)).classifier, example),
    );
  const lossesOf = (said: Float64Array): Float64Array =>
    said.map((probability, at) => logLossOf(probability, labels[at]!));
  const said = ask(candidate);
  const activeSaid = active ? ask(active) : new Float64Array(0);
  const share = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const losses = lossesOf(said);
  const seen = examples.flatMap((_, at) => (isFresh[at] ? [] : at));
  const selfLosses = seen.map((at) => logLossOf(probabilityOf(candidate.self.classifier, examples[at]!), labels[at]!));
  return {
    labels,
    profile: numbered(examples),
    said,
    candidate: losses,
    active: lossesOf(activeSaid),
    activeSaid,
    base: labels.length === 0 ? losses : lossesOf(losses.map(() => share)),
    fresh: examples.length - seen.length,
    seenSelf: meanOf(selfLosses),
    seenTwin: meanOf(seen.map((at) => losses[at]!)),
  };
}

function numbered(examples: readonly Example[]): Uint32Array {
  const numbers = new Map<string, number>();
  return Uint32Array.from(examples, ({ profile }) => {
    const known = numbers.get(profile) ?? numbers.size;
    numbers.set(profile, known);
    return known;
  });
}

/** 0 of nothing. */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return values.length === 0 ? 0 : sum / values.length;
}
