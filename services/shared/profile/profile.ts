/**
 * A profile's state: one state per feature, the identity links, and what provenance needs. Pure.
 * Used by the feature service (live), serving (reading) and the trainer (replay): the same code, the same answer.
 * A state is a function of the SET of events of its profile: of no order, no batching, no clock.
 */
import type { CleanEvent } from '../event.ts';
import type { CompiledFeatures } from './compile.ts';
import { earliestLink, latestSources, linkEnds, linkTo, type Link } from './identity.ts';
import { newer, stateEvent, type EventOrder, type StateEvent } from './order.ts';
import { changed, featureAt, openFor, unwritten, type Segments } from './segments.ts';

export interface ProfileState {
  /** One per compiled feature, by place; undefined: not needed yet, see `featureAt`. `updateProfile` changes them in place. */
  features: unknown[];
  /** Per feature: how many events it has counted, whatever its window. */
  counted: number[];
  /** Per feature: the newest event it has counted. */
  newest: (EventOrder | undefined)[];
  /** Where this profile leads: the earliest link by (time, id). */
  link: Link | undefined;
  /** Who leads here: at most 64 sources, those with the latest link, in ascending order. */
  sources: readonly Link[];
  /** The features as they were read or written last. */
  readonly segments: Segments;
}

export function emptyProfile({ features }: CompiledFeatures): ProfileState {
  const counted = features.map(() => 0);
  return {
    features: features.map(() => undefined),
    counted,
    newest: features.map(() => undefined),
    link: undefined,
    sources: [],
    segments: unwritten(counted),
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
 * may pass `[line, 0]` to keep a file's order among equal times. Throws `BadData` if the event's time cannot be read or
 * the bytes of a feature that it would change are damaged; the state is then unchanged.
 */
export function updateProfile(
  compiled: CompiledFeatures,
  state: ProfileState,
  event: CleanEvent,
  hash?: readonly [hi: number, lo: number],
): ProfileState {
  const at = stateEvent(event, hash);
  openFor(compiled, state, event.type);
  if (!noteLink(compiled, state, at)) countEvent(compiled, state, at);
  return state;
}

function countEvent(compiled: CompiledFeatures, state: ProfileState, at: StateEvent): void {
  const { features, counted, newest, segments } = state;
  // Most features have the same newest event: one comparison serves them all.
  let before: EventOrder | undefined;
  let after: EventOrder | undefined = at.order;
  for (const place of compiled.countedBy(at.event.type)) {
    const updated = compiled.features[place]!.kind.update(features[place], at);
    if (updated === undefined) continue;
    features[place] = updated;
    counted[place]! += 1;
    segments.sizes[place] = changed;
    if (newest[place] !== before) {
      before = newest[place];
      after = newer(before, at.order);
    }
    newest[place] = after;
  }
}

/**
 * The state of both sets of events together, which must have none in common. Changes neither, shares nothing with them
 * that may change. Associative and commutative, with the empty profile as neutral element.
 */
export function mergeProfiles(compiled: CompiledFeatures, a: ProfileState, b: ProfileState): ProfileState {
  const counted = a.counted.map((events, place) => events + b.counted[place]!);
  return {
    features: compiled.features.map(({ kind }, place) =>
      counted[place] === 0 ? undefined : kind.merge(featureAt(compiled, a, place), featureAt(compiled, b, place)),
    ),
    counted,
    newest: a.newest.map((order, place) => newer(order, b.newest[place])),
    link: earliestLink(a.link, b.link),
    sources: latestSources(a.sources, b.sources),
    segments: unwritten(counted),
  };
}
