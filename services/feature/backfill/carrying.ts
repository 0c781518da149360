/** Two sets of feature definitions → what of a profile has to be computed anew, and what can be taken over. Pure. */
import type { CompiledFeatures } from '../../shared/profile/compile.ts';
import type { ProfileState } from '../../shared/profile/profile.ts';
import { changed as unwritten, featureAt } from '../../shared/profile/segments.ts';

export interface Carrying {
  readonly live: CompiledFeatures;
  readonly wanted: CompiledFeatures;
  /** `wanted`, but that only the features that are new or changed count events. */
  readonly anew: CompiledFeatures;
  /** Names of the features that are new or changed. */
  readonly changed: readonly string[];
  /** The place of each other feature, and its place among the live ones. */
  readonly places: readonly (readonly [wanted: number, live: number])[];
  /** Whether the links between profiles mean the same in both. */
  readonly links: boolean;
}

/** Which events make links decides which copies of an event count, so that another choice of them changes every feature. */
export function carryingOf(live: CompiledFeatures, wanted: CompiledFeatures): Carrying {
  const links = live.mergeOn.toSorted().join() === wanted.mergeOn.toSorted().join();
  const livePlaces = new Map(live.features.map(({ definition }, place) => [definition, place]));
  const placeOf = (definition: string): number | undefined => (links ? livePlaces.get(definition) : undefined);
  const places: (readonly [number, number])[] = [];
  const changed = new Set<number>();
  wanted.features.forEach(({ definition }, place) => {
    const known = placeOf(definition);
    if (known === undefined) changed.add(place);
    else places.push([place, known]);
  });
  return {
    live,
    wanted,
    anew: { ...wanted, countedBy: only((type) => wanted.countedBy(type), changed) },
    changed: [...changed].map((place) => wanted.features[place]!.name),
    places,
    links,
  };
}

/** Asked for every event: each type is looked up once. */
function only(countedBy: CompiledFeatures['countedBy'], places: ReadonlySet<number>): CompiledFeatures['countedBy'] {
  const known = new Map<string, readonly number[]>();
  return (type) => {
    let found = known.get(type);
    if (found === undefined) {
      found = countedBy(type).filter((place) => places.has(place));
      if (known.size < 1000) known.set(type, found);
    }
    return found;
  };
}

/** Takes into `to`, a state of the wanted features, what has not changed; `from`, of the live ones, is not used afterwards. */
export function carry({ live, places, links }: Carrying, from: ProfileState, to: ProfileState): void {
  for (const [place, at] of places) {
    const events = from.counted[at]!;
    to.counted[place] = events;
    to.newest[place] = from.newest[at];
    to.features[place] = events === 0 ? undefined : featureAt(live, from, at);
    to.segments.sizes[place] = events === 0 ? 0 : unwritten;
  }
  if (!links) return;
  to.link = from.link;
  to.sources = from.sources;
}
