/** Who a profile id is, from the whole set of links, by the rules of streams.md, Identity. */
import { compareUtf8, hashText } from './order.ts';
import type { Judged } from './verdict.ts';

interface Link {
  readonly from: string;
  readonly to: string;
  readonly time: number;
  readonly hash: string;
}

/** By time, then the hash of the event's id, then the id at the other end. */
const compareLinks = (end: 'from' | 'to') => (a: Link, b: Link) =>
  a.time - b.time || (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0) || compareUtf8(a[end], b[end]);

const keptSources = 64;
const keysPerAnswer = 64;

export function linkOf({ event, time }: Judged): Link | undefined {
  const from = { identify: event.anonymousId, alias: event.previousId }[event.type];
  const to = event.userId;
  return from && to && from !== to ? { from, to, time, hash: hashText(event.id) } : undefined;
}

/** profile id → all ids whose events its answer is made of. */
export function createMembership(events: readonly Judged[]): (profileId: string) => ReadonlySet<string> {
  const links = events.flatMap((event) => linkOf(event) ?? []);
  const leads = new Map<string, string>();
  for (const [from, own] of Map.groupBy(links, ({ from }) => from))
    leads.set(from, own.toSorted(compareLinks('to'))[0]!.to);
  const sources = new Map<string, readonly Link[]>();
  for (const [to, own] of Map.groupBy(links, (link) => link.to)) sources.set(to, keptOf(own));
  return (profileId) => membersOf(profileId, leads, sources);
}

/** Of each source its latest link; of these the 64 latest, the latest first. */
function keptOf(links: readonly Link[]): readonly Link[] {
  const latest = [...Map.groupBy(links, ({ from }) => from).values()].map((own) =>
    own.toSorted(compareLinks('from')).at(-1)!,
  );
  return latest.toSorted(compareLinks('from')).toReversed().slice(0, keptSources);
}

function membersOf(
  start: string,
  leads: ReadonlyMap<string, string>,
  sources: ReadonlyMap<string, readonly Link[]>,
): ReadonlySet<string> {
  const members = new Set<string>();
  for (let at: string | undefined = start; at !== undefined && !members.has(at); at = leads.get(at)) {
    if (members.size === keysPerAnswer) break;
    members.add(at);
  }
  const read = new Set(members);
  for (let level = [...members]; level.length > 0;) {
    const known = new Set(members);
    const links = level
      .flatMap((id) => sources.get(id) ?? [])
      .toSorted(compareLinks('from'))
      .toReversed();
    const candidates = [...new Set(links.map(({ from }) => from))].filter((id) => !known.has(id));
    for (const id of candidates.filter((each) => !read.has(each)).slice(0, keysPerAnswer - read.size)) read.add(id);
    level = candidates.filter((id) => read.has(id) && known.has(leads.get(id)!));
    for (const id of level) members.add(id);
  }
  return members;
}
