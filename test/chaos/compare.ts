/** Holds what the pipeline says against the oracle: profiles in canonical JSON, ids of both event streams. */
import type { Broker } from '../../services/shared/broker.ts';
import { canonicalJson } from '../../services/shared/canonical-json.ts';
import type { CleanEvent, DeadLetter } from '../../services/shared/event.ts';
import { unpackLines } from '../../services/shared/record.ts';
import type { Oracle } from './oracle/oracle.ts';

interface Difference {
  readonly profile: string;
  readonly attribute: string;
  readonly expected: string;
  readonly found: string;
}

export interface StreamIds {
  readonly clean: ReadonlySet<string>;
  /** id → reasons, normally one. */
  readonly dead: ReadonlyMap<string, ReadonlySet<string>>;
  /** Copies of an event for one profile beyond the first. */
  readonly repeats: number;
}

export async function readStreams(broker: Broker, topics: { clean: string; dead: string }): Promise<StreamIds> {
  const clean = new Set<string>();
  const copies = new Set<string>();
  let repeats = 0;
  for await (const line of linesOf(broker, topics.clean)) {
    const { id, profile } = JSON.parse(line) as CleanEvent;
    clean.add(id);
    const copy = `${profile} ${id}`;
    if (copies.has(copy)) repeats++;
    copies.add(copy);
  }
  const dead = new Map<string, Set<string>>();
  for await (const line of linesOf(broker, topics.dead)) {
    const { reason, event } = JSON.parse(line) as DeadLetter;
    const { id } = event as CleanEvent;
    dead.set(id, (dead.get(id) ?? new Set()).add(reason));
  }
  return { clean, dead, repeats };
}

async function* linesOf(broker: Broker, topic: string): AsyncGenerator<string> {
  for (const { partition, low, high } of await broker.offsets(topic))
    for await (const records of broker.read({ topic, partition, from: low, to: high }))
      yield* records.flatMap(({ value }) => (value === null ? [] : unpackLines(value)));
}

export interface ProfileCheck {
  readonly profiles: number;
  readonly different: number;
  /** Of the first of them, the first attribute that differs. */
  readonly differences: readonly Difference[];
}

const shown = 5;

/** Asks the serving process at `url` for every profile that there must be. */
export async function checkProfiles(oracle: Oracle, url: string, asOf: number): Promise<ProfileCheck> {
  const ids = [...oracle.profiles];
  const differences: Difference[] = [];
  let [next, different] = [0, 0];
  const work = async (): Promise<void> => {
    for (let id = ids[next++]; id !== undefined; id = ids[next++]) {
      const found = differencesOf(id, oracle.attributes(id, asOf), await fetchAttributes(url, id, asOf));
      if (found.length > 0 && different++ < shown) differences.push(found[0]!);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return { profiles: ids.length, different, differences };
}

type Attributes = Record<string, { provenance: Record<string, unknown>; status?: number; said?: string }>;

async function fetchAttributes(url: string, id: string, asOf: number): Promise<Attributes> {
  const moment = new Date(asOf).toISOString();
  const response = await fetch(`${url}/v1/profiles/${encodeURIComponent(id)}?asOf=${moment}`);
  if (response.status === 404) return {};
  if (!response.ok) return { error: { status: response.status, said: await response.text(), provenance: {} } };
  const { attributes } = (await response.json()) as { attributes: Attributes };
  // Which code computed it is not the oracle's business, what it computed is.
  for (const { provenance } of Object.values(attributes)) delete provenance['definition'];
  return attributes;
}

function differencesOf(
  profile: string,
  expected: Record<string, unknown>,
  found: Record<string, unknown>,
): Difference[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
  return names
    .map((attribute) => ({
      profile,
      attribute,
      expected: canonicalJson(expected[attribute] ?? null),
      found: canonicalJson(found[attribute] ?? null),
    }))
    .filter((each) => each.expected !== each.found);
}
