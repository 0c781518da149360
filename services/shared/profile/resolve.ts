/**
 * Who is behind a profile id: follows links to the root, gathers everyone who leads there, merges their states.
 * The answer depends on the stored links alone, and everyone of one person gets the same answer.
 */
import type { CompiledFeatures } from './compile.ts';
import { compareLinks, type Link } from './identity.ts';
import { compareBytes } from './order.ts';
import { mergeProfiles, type ProfileState } from './profile.ts';

/** Reads states, in the order asked for; undefined where there is none. */
export type LoadProfiles = (ids: readonly string[]) => Promise<readonly (ProfileState | undefined)[]>;

export interface ResolvedProfile {
  /** The id that everyone's links lead to; on a cycle, the bytewise smallest on it. */
  readonly root: string;
  /** All ids whose states went into `state`, ascending bytewise; the root is one of them even if it has no state. */
  readonly members: readonly string[];
  /** undefined: nothing is known of any of them. */
  readonly state: ProfileState | undefined;
}

/** At most so many keys are read for one answer; beyond that the oldest links of the farthest level are left out. */
const maxKeys = 64;

type Loaded = Map<string, ProfileState | undefined>;

/** Asks for states by their ids, and goes on with what it is given. */
type Asking<Result> = Generator<readonly string[], Result, readonly (ProfileState | undefined)[]>;

function* loadAll(ids: readonly string[], loaded: Loaded): Asking<void> {
  const missing = ids.filter((id) => !loaded.has(id)).slice(0, maxKeys - loaded.size);
  if (missing.length === 0) return;
  const states = yield missing;
  missing.forEach((id, place) => loaded.set(id, states[place]));
}

/** Loads along the links. The path ends at the root, where a link leads back into the path, or at the 64th key. */
function* followLinks(start: string, loaded: Loaded): Asking<string> {
  const path: string[] = [];
  let next: string | undefined = start;
  while (next !== undefined && !path.includes(next) && path.length < maxKeys) {
    path.push(next);
    yield* loadAll([next], loaded);
    next = loaded.get(next)?.link?.id;
  }
  const cycleStart = next === undefined ? -1 : path.indexOf(next);
  return cycleStart < 0 ? path.at(-1)! : path.slice(cycleStart).reduce((a, b) => (compareBytes(a, b) <= 0 ? a : b));
}

/** Sources of the members that have not been looked at, those with the latest link first. */
function sourcesOf(members: readonly string[], seen: ReadonlySet<string>, loaded: Loaded): string[] {
  const links = members.flatMap((id): readonly Link[] => loaded.get(id)?.sources ?? []);
  const latestFirst = links.toSorted((a, b) => compareLinks(b, a)).map(({ id }) => id);
  return [...new Set(latestFirst)].filter((id) => !seen.has(id));
}

/** A source whose own link leads elsewhere belongs elsewhere; one that has not yet heard of any link belongs here. */
function belongs(id: string, members: ReadonlySet<string>, loaded: Loaded): boolean {
  const link = loaded.get(id)?.link;
  return loaded.has(id) && (link === undefined || members.has(link.id));
}

/** Level by level from the root and the path to it, one batched read a level. */
function* gather(start: readonly string[], loaded: Loaded): Asking<ReadonlySet<string>> {
  const members = new Set(start);
  let level = start;
  while (level.length > 0) {
    const candidates = sourcesOf(level, members, loaded);
    yield* loadAll(candidates, loaded);
    level = candidates.filter((id) => belongs(id, members, loaded));
    for (const id of level) members.add(id);
  }
  return members;
}

function* resolving(compiled: CompiledFeatures, profileId: string): Asking<ResolvedProfile> {
  const loaded: Loaded = new Map();
  const root = yield* followLinks(profileId, loaded);
  const members = yield* gather([...loaded.keys()], loaded);
  const states = [...members].map((id) => loaded.get(id)).filter((state) => state !== undefined);
  return {
    root,
    members: [...members].toSorted(compareBytes),
    state: states.length < 2 ? states[0] : states.reduce((a, b) => mergeProfiles(compiled, a, b)),
  };
}

/**
 * Reads at most 64 keys in all, and for a profile without links exactly one key once. Everything but `load` is pure.
 */
export async function resolveIdentity(
  compiled: CompiledFeatures,
  profileId: string,
  load: LoadProfiles,
): Promise<ResolvedProfile> {
  const asking = resolving(compiled, profileId);
  let step = asking.next();
  while (!step.done) step = asking.next(await load(step.value));
  return step.value;
}

/** The same where all states are at hand, as they are in a replay. */
export function resolveHeld(
  compiled: CompiledFeatures,
  profileId: string,
  stateOf: (id: string) => ProfileState | undefined,
): ResolvedProfile {
  const asking = resolving(compiled, profileId);
  let step = asking.next();
  while (!step.done) step = asking.next(step.value.map(stateOf));
  return step.value;
}
