/** The events of a run and the requests that carry them: seeded, so that a seed replays the run. Pure. */
import type { ItemAttributes, SentEvent } from '../../services/shared/event.ts';
import { createPopulation, shuffle, type Population } from './population.ts';
import type { Random } from './random.ts';

interface LedgerEntry {
  readonly event: SentEvent;
  /** When it is due to be sent, milliseconds; retries may take minutes more. */
  readonly dueAt: number;
  /** Sent under the key whose lateness is not judged. */
  readonly imported: boolean;
}

/** One request; whoever sends it repeats exactly this until the answer is 2xx. */
export interface Request {
  readonly dueAt: number;
  readonly ids: readonly string[];
  readonly imported: boolean;
  /** JSON Lines. */
  readonly body: string;
}

export interface Traffic {
  /** Each id once. */
  readonly ledger: readonly LedgerEntry[];
  /** In the order of `dueAt`; a tenth of the events is in two of them. */
  readonly requests: readonly Request[];
  readonly catalogue: ReadonlyMap<string, ItemAttributes>;
}

export interface TrafficOptions {
  readonly events: number;
  /** Milliseconds since 1970 of the first request, and until the last. */
  readonly startAt: number;
  readonly durationMs: number;
}

const minute = 60_000;
const shares = { duplicates: 0.1, links: 0.05, graceLate: 0.03, tooLate: 0.02, imports: 0.03, ties: 0.02 } as const;
const itemCount = 1000;

export function generateTraffic(options: TrafficOptions, random: Random): Traffic {
  const links = Math.round(options.events * shares.links);
  const population = createPopulation(Math.ceil(options.events / 16), links, random);
  const catalogue = createCatalogueOf(random);
  const ledger: LedgerEntry[] = [];
  for (let index = 0; index < options.events; index++) {
    const dueAt = options.startAt + Math.floor((index / options.events) * options.durationMs);
    ledger.push(createEntry({ index, dueAt, before: ledger, population, random }));
  }
  return { ledger, requests: createRequests(ledger, options, random), catalogue };
}

/** Some items are in no catalogue. Versions of their own keep events from feeding it (catalogue.ts). */
function createCatalogueOf(random: Random): ReadonlyMap<string, ItemAttributes> {
  const items = Array.from({ length: itemCount * 0.9 }, (_, i): [string, ItemAttributes] => [
    `item-${i}`,
    { category: `category-${random.skewed(40)}`, brand: `brand-${i % 7}` },
  ]);
  return new Map(items);
}

interface Draft {
  readonly index: number;
  readonly dueAt: number;
  readonly before: readonly LedgerEntry[];
  readonly population: Population;
  readonly random: Random;
}

function createEntry(draft: Draft): LedgerEntry {
  const { index, dueAt, population, random } = draft;
  const id = `e-${index}`;
  const link = random.chance(shares.links) ? population.links[index % population.links.length] : undefined;
  const imported = link === undefined && random.chance(shares.imports);
  const time = new Date(imported ? dueAt - random.between(2 * 60, 20 * 1440) * minute : timeOf(draft)).toISOString();
  if (link !== undefined) return { event: { id, ...link, time }, dueAt, imported };
  const event = { id, time, ...actionOf(personOf(draft), random) };
  return { event: random.chance(0.03) ? spoil(event, dueAt, random) : event, dueAt, imported };
}

/** Never within ten minutes of a bound: an hour late is too late, five minutes ahead is the future. */
function timeOf({ dueAt, before, random }: Draft): number {
  const kind = random.next();
  if (kind < shares.graceLate) return dueAt - random.between(36 * minute, 44 * minute);
  if (kind < shares.graceLate + shares.tooLate) return dueAt - random.between(75 * minute, 300 * minute);
  const usual = dueAt - random.between(5 * minute, 35 * minute);
  const twin = before.length === 0 ? undefined : before[random.between(0, before.length - 1)]!;
  if (twin === undefined || !random.chance(shares.ties)) return usual;
  const time = Date.parse(twin.event.time);
  return Math.abs(time - usual) < 25 * minute ? time : usual;
}

function personOf({ population, random }: Draft): Pick<SentEvent, 'userId' | 'anonymousId'> {
  if (random.chance(0.05)) return { userId: 'heavy' };
  return population.people[random.skewed(population.people.length)]!;
}

type Action = Omit<SentEvent, 'id' | 'time'>;

function actionOf(person: Pick<SentEvent, 'userId' | 'anonymousId'>, random: Random): Action {
  const type = random.pick(['view', 'view', 'view', 'cart', 'purchase', 'search']);
  if (type === 'search') return { type, ...person, text: random.pick(['  Red  Mug ', 'blue\tcup', 'TEA', 'plate']) };
  const heavy = person.userId === 'heavy';
  const item = heavy ? random.between(0, itemCount - 1) : random.skewed(itemCount);
  const money = type === 'view' ? {} : { value: random.between(1, 99_999) / 100, quantity: random.between(1, 9) };
  const own = item < itemCount / 2 && random.chance(0.05);
  return {
    type,
    ...person,
    itemId: `item-${item}`,
    ...money,
    ...(own && { item: { category: `own-${random.between(0, 3)}` } }),
    ...(random.chance(0.05) && { properties: { currency: random.pick(['USD', 'EUR']) } }),
  };
}

/** One of everything that the cleaner refuses. */
function spoil(event: SentEvent, dueAt: number, random: Random): SentEvent {
  return random.pick<() => SentEvent>([
    () => ({ ...event, type: 'unheard-of' }),
    () => ({ ...event, type: 'view', itemId: null }),
    () => ({ ...event, time: new Date(dueAt + random.between(60, 600) * minute).toISOString() }),
    () => ({ ...event, value: 2e9 }),
    () => ({ ...event, quantity: 1001 }),
    () => ({ ...event, value: 1, properties: { currency: 'XXX' } }),
    () => ({ ...event, context: { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1)' } }),
  ])();
}

function createRequests(ledger: readonly LedgerEntry[], options: TrafficOptions, random: Random): Request[] {
  const requests: Request[] = [];
  for (const imported of [false, true]) {
    const sendings = sendingsOf(
      ledger.filter((entry) => entry.imported === imported),
      options,
      random,
    );
    for (let start = 0; start < sendings.length;) {
      const part = sendings.slice(start, start + random.between(1, imported ? 8 : 40));
      start += part.length;
      requests.push({
        dueAt: part.at(-1)!.dueAt,
        ids: part.map(({ event }) => event.id),
        imported,
        body: part.map(({ event }) => JSON.stringify(event)).join('\n'),
      });
    }
  }
  return requests.toSorted((a, b) => a.dueAt - b.dueAt);
}

/** Every event, a tenth of them twice, in an order that is theirs only from afar. */
function sendingsOf(ledger: readonly LedgerEntry[], { startAt, durationMs }: TrafficOptions, random: Random) {
  const doubled = shuffle(ledger, random).slice(0, Math.round(ledger.length * shares.duplicates));
  const end = startAt + durationMs;
  const sendings = [
    ...ledger,
    // Most repeats follow soon, as a client's retry does; some come much later.
    ...doubled.map((entry) => ({
      ...entry,
      dueAt: random.chance(0.7)
        ? Math.min(end, entry.dueAt + random.between(0, 5000))
        : random.between(entry.dueAt, Math.min(end, entry.dueAt + 4 * minute)),
    })),
  ];
  const displaced = sendings.map((entry) => ({
    ...entry,
    dueAt: entry.dueAt + random.between(0, random.chance(0.02) ? 10_000 : 1000),
  }));
  return displaced.toSorted((a, b) => a.dueAt - b.dueAt);
}
