/**
 * A profile's state: one state per feature, the identity links, and what provenance needs. Pure.
 * Used by the feature service (live), serving (reading) and the trainer (replay): the same code, the same answer.
 * A state is a function of the SET of events of its profile: of no order, no batching, no clock.
 */
import type { CleanEvent } from '../event.ts';
import type { CompiledFeatures } from './compile.ts';
import { earliestLink, latestSources, linkEnds, linkTo, type Link } from './identity.ts';
import { newer, stateEvent, type EventOrder, type StateEvent } from './order.ts';

export interface ProfileState {
  /** One per compiled feature, by place. Owned by the caller that decoded it; `updateProfile` changes it in place. */
  features: unknown[];
  /** Per feature: how many events it has counted, whatever its window. */
  counted: number[];
  /** Per feature: the newest event it has counted. */
  newest: (EventOrder | undefined)[];
  /** Where this profile leads: the earliest link by (time, id). */
  link: Link | undefined;
  /** Who leads here: at most 64 sources, those with the latest link, in ascending order. */
  sources: readonly Link[];
}

export function emptyProfile({ features }: CompiledFeatures): ProfileState {
  return {
    features: features.map(({ kind }) => kind.empty()),
    counted: features.map(() => 0),
    newest: features.map(() => undefined),
    link: undefined,
    sources: [],
  };
}

/** Keeps the link under the end that this copy belongs to. True if that end is the link's source. */
function noteLink(compiled: CompiledFeatures, state: ProfileState, { event, order }: StateEvent): boolean {
  const ends = linkEnds(event, compiled.mergeOn);
  if (ends === undefined) return false;
  if (event.profile === ends.to) state.sources = latestSources(state.sources, [linkTo(ends.from, order)]);
  if (event.profile !== ends.from) return false;
  state.link = earliestLink(state.link, linkTo(ends.to, order));
  return true;
}

/**
 * Changes `state` and gives it back. An event that makes a link has a copy under both ends; features count only the
 * target's, so that the merged profile counts it once. `hash` is `idHash64(event.id)` if it is known already; a backtest
 * may pass `[line, 0]` to keep a file's order among equal times. Throws `BadData` if the event's time cannot be read;
 * the state is then unchanged.
 */
export function updateProfile(
  compiled: CompiledFeatures,
  state: ProfileState,
  event: CleanEvent,
  hash?: readonly [hi: number, lo: number],
): ProfileState {
  const at = stateEvent(event, hash);
  if (noteLink(compiled, state, at)) return state;
  for (const place of compiled.countedBy(event.type)) {
    const updated = compiled.features[place]!.kind.update(state.features[place], at);
    if (updated === undefined) continue;
    state.features[place] = updated;
    state.counted[place]! += 1;
    state.newest[place] = newer(state.newest[place], at.order);
  }
  return state;
}

/**
 * The state of both sets of events together, which must have none in common. Changes neither, shares nothing with them
 * that may change. Associative and commutative, with the empty profile as neutral element.
 */
export function mergeProfiles(compiled: CompiledFeatures, a: ProfileState, b: ProfileState): ProfileState {
  return {
    features: compiled.features.map(({ kind }, place) => kind.merge(a.features[place], b.features[place])),
    counted: a.counted.map((events, place) => events + b.counted[place]!),
    newest: a.newest.map((order, place) => newer(order, b.newest[place])),
    link: earliestLink(a.link, b.link),
    sources: latestSources(a.sources, b.sources),
  };
}
