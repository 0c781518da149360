/**
 * The truth of the chaos test: from the ledger of accepted events, single-threaded, what each profile must say. Written
 * from the design's rules (streams.md, spec.md), apart from services/shared/profile, of which it imports nothing.
 */
import type { FeatureDefinition } from '../../../crds/features.ts';
import type { ItemAttributes } from '../../../services/shared/event.ts';
import { countedBy, valueOf } from './features.ts';
import { createMembership, linkOf } from './identity.ts';
import { compareEvents } from './order.ts';
import { judge, refusalOf, type Judged, type Sent } from './verdict.ts';

export interface Oracle {
  /** id → reason, of every event that must be in events-dead. */
  readonly refused: ReadonlyMap<string, string>;
  /** Every id that a profile must exist for. */
  readonly profiles: ReadonlySet<string>;
  /** As GET /v1/profiles/{id} must say at `now`, without the definition hashes. */
  attributes(profileId: string, now: number): Record<string, unknown>;
}

/** `ledger`: accepted events, each id once. */
export function createOracle(
  ledger: readonly Sent[],
  features: readonly FeatureDefinition[],
  catalogue: ReadonlyMap<string, ItemAttributes>,
): Oracle {
  const refused = new Map<string, string>();
  const clean: Judged[] = [];
  for (const sent of ledger) {
    const reason = refusalOf(sent);
    if (reason === undefined) clean.push(judge(sent.event, catalogue));
    else refused.set(sent.event.id, reason);
  }
  // A link is known under both of its ends, and counted under its target.
  const byProfile = Map.groupBy(clean, ({ event }) => event.userId || event.anonymousId!);
  const profiles = new Set([...byProfile.keys(), ...clean.flatMap((event) => linkOf(event)?.from ?? [])]);
  const membersOf = createMembership(clean);
  return {
    refused,
    profiles,
    attributes: (profileId, now) =>
      attributesOf(
        [...membersOf(profileId)].flatMap((id) => byProfile.get(id) ?? []),
        features,
        now,
      ),
  };
}

interface Attribute {
  readonly value: unknown;
  readonly time: string | null;
  readonly provenance: { readonly events: number; readonly newest: { time: string; id: string } | null };
  readonly approximate?: true;
}

function attributesOf(
  events: readonly Judged[],
  features: readonly FeatureDefinition[],
  now: number,
): Record<string, Attribute> {
  const attributes: Record<string, Attribute> = {};
  const counted = new Map<string, readonly Judged[]>();
  for (const definition of features.filter(({ ratio }) => ratio === undefined)) {
    const own = countedBy(definition, events);
    counted.set(definition.name, own);
    attributes[definition.name] = { ...valueOf(definition, own, now), ...provenance(own) };
  }
  for (const { name, ratio } of features.filter((definition) => definition.ratio !== undefined)) {
    const [of, to] = [attributes[ratio!.of]!, attributes[ratio!.to]!];
    const quotient = typeof of.value === 'number' && typeof to.value === 'number' && to.value !== 0;
    const value = quotient ? (of.value as number) / (to.value as number) : null;
    const both = [...counted.get(ratio!.of)!, ...counted.get(ratio!.to)!].toSorted(compareEvents);
    const approximate = of.approximate || to.approximate;
    attributes[name] = { value, ...(approximate && { approximate }), ...provenance(both) };
  }
  return attributes;
}

function provenance(counted: readonly Judged[]): Pick<Attribute, 'time' | 'provenance'> {
  const newest = counted.at(-1);
  const time = newest === undefined ? null : new Date(newest.time).toISOString();
  return {
    time,
    provenance: { events: counted.length, newest: newest && time ? { time, id: newest.event.id } : null },
  };
}
