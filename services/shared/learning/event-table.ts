/** Collects the events of a replay and turns them into training sequences: deduplicated, ordered, identities joined. */
import type { ItemAttributes } from '../event.ts';
import type { Link } from '../profile/identity.ts';
import { Column, HashSet, Numbering } from './columns.ts';
import { ItemIndex } from './item-index.ts';
import { LinkTable } from './link-table.ts';
import { countSteps, countTargets, type Sequences } from './sequences.ts';

type Halves = readonly [high: number, low: number];

export interface TableEvent {
  readonly profile: string;
  readonly itemId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Hash of the event's id: a profile has each id once. */
  readonly id: Halves;
  /** Order among events of equal time: the same hash, or a line number. */
  readonly tie: Halves;
  readonly target: boolean;
  readonly item?: ItemAttributes | null | undefined;
}

export interface TrainingSet {
  /** Ordered by target events, the most first; then by steps; then by id. */
  readonly items: ItemIndex;
  /** Target events by item. */
  readonly popularity: Float64Array;
  /** The newest attributes that an event told; undefined where none did. */
  readonly attributes: readonly (ItemAttributes | undefined)[];
  readonly sequences: Sequences;
}

export class EventTable {
  readonly #profiles = new Numbering();
  readonly #items = new Numbering();
  readonly #seen = new HashSet();
  readonly #links = new LinkTable();
  readonly #profile = new Column((length) => new Uint32Array(length));
  readonly #item = new Column((length) => new Uint32Array(length));
  readonly #time = new Column((length) => new Float64Array(length));
  readonly #tieHigh = new Column((length) => new Uint32Array(length));
  readonly #tieLow = new Column((length) => new Uint32Array(length));
  readonly #target = new Column((length) => new Uint8Array(length));
  readonly #attributes: ({ readonly row: number; readonly item: ItemAttributes } | undefined)[] = [];

  get events(): number {
    return this.#item.view().length;
  }

  /** False if the profile has an event of this id already. */
  add(event: TableEvent): boolean {
    const profile = this.#profiles.of(event.profile);
    const [high, low] = event.id;
    const salt = profile + 1;
    if (!this.#seen.add((high ^ Math.imul(salt, 0x9e3779b1)) >>> 0, (low ^ Math.imul(salt, 0x85ebca6b)) >>> 0))
      return false;
    const item = this.#items.of(event.itemId);
    this.#profile.push(profile);
    this.#item.push(item);
    this.#time.push(event.time);
    this.#tieHigh.push(event.tie[0]);
    this.#tieLow.push(event.tie[1]);
    this.#target.push(event.target ? 1 : 0);
    if (event.item) this.#keepAttributes(item, event.item);
    return true;
  }

  /** `link.id` is where `source` leads. */
  addLink(source: string, link: Link): void {
    this.#links.offer(source, link);
  }

  build(): TrainingSet {
    const sequences = this.#sequences();
    const known = this.#items.names.length;
    const [targets, steps] = [countTargets(sequences, known), countSteps(sequences, known)];
    const names = this.#items.names;
    const order = Uint32Array.from({ length: known }, (_, item) => item).sort(
      (a, b) => targets[b]! - targets[a]! || steps[b]! - steps[a]! || (names[a]! < names[b]! ? -1 : 1),
    );
    const place = new Uint32Array(known);
    order.forEach((item, at) => (place[item] = at));
    const popularity = Float64Array.from(order, (item) => targets[item]!);
    return {
      items: new ItemIndex(Array.from(order, (item) => names[item]!)),
      popularity,
      attributes: Array.from(order, (item) => this.#attributes[item]?.item),
      sequences: { ...sequences, items: sequences.items.map((item) => place[item]!) },
    };
  }

  #keepAttributes(item: number, attributes: ItemAttributes): void {
    const row = this.events - 1;
    const kept = this.#attributes[item];
    if (kept === undefined || this.#compare()(kept.row, row) <= 0) this.#attributes[item] = { row, item: attributes };
  }

  /** Orders rows by time, then tie. */
  #compare(): (a: number, b: number) => number {
    const [time, high, low] = [this.#time.view(), this.#tieHigh.view(), this.#tieLow.view()];
    return (a, b) => time[a]! - time[b]! || high[a]! - high[b]! || low[a]! - low[b]!;
  }

  /** Items still carry the numbers of their first mention. */
  #sequences(): Sequences {
    const owners = new Numbering();
    const ownerOf = Uint32Array.from(this.#profiles.names, (name) => owners.of(this.#links.rootOf(name)));
    const profile = this.#profile.view();
    const starts = new Uint32Array(owners.names.length + 1);
    for (const name of profile) starts[ownerOf[name]! + 1]!++;
    for (let owner = 0; owner < owners.names.length; owner++) starts[owner + 1]! += starts[owner]!;
    const next = starts.slice();
    const rows = new Uint32Array(profile.length);
    for (let row = 0; row < rows.length; row++) rows[next[ownerOf[profile[row]!]!]!++] = row;
    const compare = this.#compare();
    for (let owner = 0; owner < owners.names.length; owner++)
      rows.subarray(starts[owner], starts[owner + 1]).sort(compare);
    const [item, time, target] = [this.#item.view(), this.#time.view(), this.#target.view()];
    return {
      starts,
      items: rows.map((row) => item[row]!),
      times: Float64Array.from(rows, (row) => time[row]!),
      targets: Uint8Array.from(rows, (row) => target[row]!),
    };
  }
}
