/**
 * What two models are worth at questions that neither had seen. Who had seen the time of a question answers by its twin,
 * which was fitted to the time before; so at a question after both were trained they answer themselves, and in the hold-out
 * of the candidate both answer by their twins, of which neither knows the newest events. A model without a twin answers
 * itself, which favours it where it had seen the answer.
 */
import type { ItemAttributes } from '../../event.ts';
import type { Recommender } from '../recommender.ts';
import { createAnswer, type Answering } from './answer.ts';
import type { Paired } from './bootstrap.ts';
import type { GateQuestion } from './hold-out.ts';
import type { SegmentedQuestion } from './segments.ts';

export interface Side {
  readonly self: Answering;
  readonly twin: Answering | undefined;
}

export interface CandidateSide extends Side {
  /** The newest event among those that it was fitted to, milliseconds since 1970. */
  readonly seenUntil: number;
}

export interface Evidence {
  readonly segments: readonly SegmentedQuestion[];
  /** NDCG@10 by question. */
  readonly candidate: Float64Array;
  /** Without a model in service: all 0. */
  readonly active: Float64Array;
  /** Of the most popular items. */
  readonly popularity: Float64Array;
  readonly profile: readonly number[];
  /** Questions that came after the candidate was trained. */
  readonly fresh: number;
  /** Means over those that the candidate had seen: its own, and its twin's, which had not. */
  readonly seenSelf: number;
  readonly seenTwin: number;
}

export function collectEvidence(
  questions: readonly GateQuestion[],
  candidate: CandidateSide & { readonly attributesOf: (itemId: string) => ItemAttributes | undefined },
  active: Side | undefined,
): Evidence {
  const ask = createAnswer();
  const worth = ({ recommender, popularity }: Answering, question: GateQuestion): number =>
    ask(recommender, popularity, question);
  const room = (): Float64Array => new Float64Array(questions.length);
  const [ours, theirs, popular] = [room(), room(), room()];
  const seen = { questions: 0, self: 0, twin: 0 };
  questions.forEach((question, at) => {
    const isFresh = question.time > candidate.seenUntil;
    const answering = answeringAt(candidate, isFresh);
    ours[at] = worth(answering, question);
    popular[at] = ask(answering.popularity as Recommender, answering.popularity, question);
    if (active) theirs[at] = worth(answeringAt(active, isFresh), question);
    if (isFresh) return;
    seen.questions++;
    seen.twin += ours[at]!;
    seen.self += worth(candidate.self, question);
  });
  const mean = (sum: number): number => (seen.questions === 0 ? 0 : sum / seen.questions);
  return {
    segments: questions.map(({ history, targets }) => ({
      historyLength: history.length,
      category: candidate.attributesOf(targets[0]!)?.category ?? undefined,
    })),
    candidate: ours,
    active: theirs,
    popularity: popular,
    profile: questions.map(({ profile }) => profile),
    fresh: questions.length - seen.questions,
    seenSelf: mean(seen.self),
    seenTwin: mean(seen.twin),
  };
}

function answeringAt({ self, twin }: Side, isFresh: boolean): Answering {
  return isFresh ? self : (twin ?? self);
}

export function pairedWith(rival: Float64Array, { candidate, profile }: Evidence): Paired {
  return { candidate, active: rival, profile };
}
