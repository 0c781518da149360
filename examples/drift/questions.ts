/** What the demonstration asks: would the shop's next event have been among ten recommendations, made just before it? */
import type { WatchedModel } from '../../services/feature/monitor/watched-model.ts';
import { readyEvent, type ReadyEvent } from '../../services/shared/clean-line.ts';
import type { CleanEvent, SentEvent } from '../../services/shared/event.ts';
import type { CompiledFeatures } from '../../services/shared/profile/compile.ts';
import { sequenceOf } from '../../services/shared/profile/attributes.ts';
import { emptyProfile, updateProfile, type ProfileState } from '../../services/shared/profile/profile.ts';

export interface Asked {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly hit: boolean;
}

/** An event that is worth asking about: its profile is known, and has not had the item. */
export interface Question {
  readonly userId: string;
  readonly itemId: string;
  /** What the profile has had: no recommendation. */
  readonly seen: readonly string[];
}

/** The profiles as the pipeline has them, by the same code. */
export interface Profiles {
  ask(event: SentEvent): Question | undefined;
  /** Whether a model would have had the item among its first ten; undefined where it is nothing to foresee. */
  answer(event: SentEvent, model: WatchedModel): boolean | undefined;
  take(event: SentEvent): void;
}

export function createProfiles(compiled: CompiledFeatures, history: string): Profiles {
  const states = new Map<string, ProfileState>();
  const stateOf = (userId: string): ProfileState => states.get(userId) ?? emptyProfile(compiled);
  return {
    ask({ userId, itemId }) {
      const steps = sequenceOf(compiled, stateOf(userId!), history);
      const seen = [...new Set(steps.map((step) => step.itemId))];
      if (seen.length === 0 || seen.includes(itemId!)) return undefined;
      return { userId: userId!, itemId: itemId!, seen };
    },
    answer(event, model) {
      return model.look(cleaned(event), stateOf(event.userId!))?.asked?.hit;
    },
    take(event) {
      const { clean, hash } = cleaned(event);
      states.set(clean.profile, updateProfile(compiled, stateOf(clean.profile), clean, hash));
    },
  };
}

export function asClean(event: SentEvent): CleanEvent {
  return { ...event, ingestedAt: event.time, receivedAt: event.time, profile: event.userId! };
}

function cleaned(event: SentEvent): ReadyEvent {
  const ready = readyEvent(asClean(event));
  if (typeof ready === 'string') throw new Error(`a simulated event is none: ${ready}`);
  return ready;
}

export interface RatePoint {
  /** Milliseconds since 1970, of the middle of the stretch. */
  readonly time: number;
  readonly rate: number;
}

/** Shares of hits in stretches of `stepMs`, or of so many times that as it takes to have `least` questions. */
export function ratesOf(asked: readonly Asked[], stepMs: number, least = 20): RatePoint[] {
  const points: RatePoint[] = [];
  let [from, questions, hits] = [0, 0, 0];
  for (const { time, hit } of asked.toSorted((a, b) => a.time - b.time)) {
    if (questions >= least && time >= from + stepMs) {
      points.push({ time: (from + Math.floor(time / stepMs) * stepMs) / 2, rate: hits / questions });
      [questions, hits] = [0, 0];
    }
    if (questions === 0) from = Math.floor(time / stepMs) * stepMs;
    questions++;
    if (hit) hits++;
  }
  if (questions >= least) points.push({ time: from + stepMs / 2, rate: hits / questions });
  return points;
}

/** Of the questions in [from, to). */
export function rateBetween(asked: readonly Asked[], from: number, to = Infinity): number {
  const wanted = asked.filter(({ time }) => time >= from && time < to);
  return wanted.length === 0 ? 0 : wanted.filter(({ hit }) => hit).length / wanted.length;
}
