/** Collects the events of a replay and turns them into training sequences: deduplicated, ordered, identities joined. */
import type { ItemAttributes } from '../event.ts';
import type { Link } from '../profile/identity.ts';
import { idHash64 } from '../id-hash.ts';
import { Column, HashSet, Numbering } from './columns.ts';
import { ItemIndex } from './item-index.ts';
import { LinkTable } from './link-table.ts';
import { countSteps, countTargets, profileCount, type Sequences } from './sequences.ts';

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
  /** Bit i: it counts for label i of the model's ranker. */
  readonly labels?: number;
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
  /** The two halves of the hash of each profile's id, in the order of the sequences. */
  readonly owners: Uint32Array;
  /** Of all workers. */
  readonly totals: { readonly events: number; readonly profiles: number };
}

/** Attributes, and when they were told: the newest count. */
export interface ToldAttributes {
  readonly time: number;
  readonly tie: Halves;
  readonly item: ItemAttributes;
}

/** What is known of each item, in any order. */
export interface Catalogue {
  readonly names: readonly string[];
  /** Target events by item. */
  readonly targets: Float64Array;
  readonly steps: Float64Array;
  readonly attributes: readonly (ToldAttributes | undefined)[];
  readonly profiles: number;
}

/** Steps of profiles, by columns; `owner` and `item` are places in the lists of names. */
export interface Steps {
  readonly owners: readonly string[];
  readonly items: readonly string[];
  readonly owner: Uint32Array;
  readonly item: Uint32Array;
  readonly time: Float64Array;
  readonly tieHigh: Uint32Array;
  readonly tieLow: Uint32Array;
  readonly target: Uint8Array;
  readonly labels: Uint8Array;
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
  readonly #labels = new Column((length) => new Uint8Array(length));
  /** Profiles whose steps another worker has taken. */
  readonly #away = new Set<number>();
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
    this.#labels.push(event.labels ?? 0);
    if (event.item) this.#keepAttributes(item, event.item);
    return true;
  }

  /** `link.id` is where `source` leads. */
  addLink(source: string, link: Link): void {
    this.#links.offer(source, link);
  }

  links(): [source: string, link: Link][] {
    return this.#links.entries();
  }

  build(): TrainingSet {
    const [sequences, owners] = this.#sequences();
    return this.#build(sequences, owners, this.#catalogueOf(sequences));
  }

  /** With what all workers know together of the items: `merge` is given what this one knows. */
  async buildWith(merge: (own: Catalogue) => Promise<Catalogue>): Promise<TrainingSet> {
    const [sequences, owners] = this.#sequences();
    return this.#build(sequences, owners, await merge(this.#catalogueOf(sequences)));
  }

  /** Takes the steps out of the table whose owner belongs to another worker, by worker; `workerOf` is -1 for this one. */
  takeSteps(workerOf: (owner: string) => number): Map<number, Steps> {
    const owners = new Numbering();
    const ownerOf = Uint32Array.from(this.#profiles.names, (name) => owners.of(this.#links.rootOf(name)));
    const workers = Int32Array.from(owners.names, workerOf);
    const goesTo = Int32Array.from(ownerOf, (owner, profile) => (this.#away.has(profile) ? -1 : workers[owner]!));
    const taken = new Map<number, Steps>();
    for (const worker of new Set(workers))
      if (worker >= 0)
        taken.set(
          worker,
          this.#stepsOf((profile) => goesTo[profile] === worker, owners.names, ownerOf),
        );
    goesTo.forEach((worker, profile) => worker >= 0 && this.#away.add(profile));
    return taken;
  }

  #stepsOf(isWanted: (profile: number) => boolean, names: readonly string[], ownerOf: Uint32Array): Steps {
    const [owners, items] = [new Numbering(), new Numbering()];
    const [profile, item, time, target] = [
      this.#profile.view(),
      this.#item.view(),
      this.#time.view(),
      this.#target.view(),
    ];
    const [high, low, labels] = [this.#tieHigh.view(), this.#tieLow.view(), this.#labels.view()];
    const rows = Uint32Array.from(profile.keys()).filter((row) => isWanted(profile[row]!));
    return {
      owner: rows.map((row) => owners.of(names[ownerOf[profile[row]!]!]!)),
      item: rows.map((row) => items.of(this.#items.names[item[row]!]!)),
      owners: owners.names,
      items: items.names,
      time: Float64Array.from(rows, (row) => time[row]!),
      tieHigh: rows.map((row) => high[row]!),
      tieLow: rows.map((row) => low[row]!),
      target: Uint8Array.from(rows, (row) => target[row]!),
      labels: Uint8Array.from(rows, (row) => labels[row]!),
    };
  }

  /** Of other workers: deduplicated, and of owners. */
  addSteps({ owners, items, owner, item, time, tieHigh, tieLow, target, labels }: Steps): void {
    for (let row = 0; row < owner.length; row++) {
      this.#profile.push(this.#profiles.of(owners[owner[row]!]!));
      this.#item.push(this.#items.of(items[item[row]!]!));
      this.#time.push(time[row]!);
      this.#tieHigh.push(tieHigh[row]!);
      this.#tieLow.push(tieLow[row]!);
      this.#target.push(target[row]!);
      this.#labels.push(labels[row]!);
    }
  }

  #catalogueOf(sequences: Sequences): Catalogue {
    const { names } = this.#items;
    const [time, high, low] = [this.#time.view(), this.#tieHigh.view(), this.#tieLow.view()];
    return {
      names,
      targets: countTargets(sequences, names.length),
      steps: countSteps(sequences, names.length),
      attributes: names.map((_, item) => {
        const kept = this.#attributes[item];
        return kept && { time: time[kept.row]!, tie: [high[kept.row]!, low[kept.row]!], item: kept.item };
      }),
      profiles: profileCount(sequences),
    };
  }

  /** Items without any step are steps that have gone to another worker: whoever has them counts them. */
  #build(sequences: Sequences, owners: Uint32Array, { names, targets, steps, attributes, profiles }: Catalogue) {
    const order = Uint32Array.from(names.keys()).sort(
      (a, b) => targets[b]! - targets[a]! || steps[b]! - steps[a]! || (names[a]! < names[b]! ? -1 : 1),
    );
    const items = new ItemIndex(Array.from(order, (item) => names[item]!));
    const place = Uint32Array.from(this.#items.names, (name) => items.indexOf(name));
    return {
      items,
      popularity: Float64Array.from(order, (item) => targets[item]!),
      attributes: Array.from(order, (item) => attributes[item]?.item),
      sequences: { ...sequences, items: sequences.items.map((item) => place[item]!) },
      owners,
      totals: { events: steps.reduce((sum, count) => sum + count, 0), profiles },
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

  /** And the hashes of their owners. Items still carry the numbers of their first mention. */
  #sequences(): [Sequences, Uint32Array] {
    const owners = new Numbering();
    const away = this.#profiles.names.length;
    const ownerOf = Uint32Array.from(this.#profiles.names, (name, at) =>
      this.#away.has(at) ? away : owners.of(this.#links.rootOf(name)),
    );
    const profile = this.#profile.view();
    const starts = new Uint32Array(owners.names.length + 1);
    for (const name of profile) if (ownerOf[name] !== away) starts[ownerOf[name]! + 1]!++;
    for (let owner = 0; owner < owners.names.length; owner++) starts[owner + 1]! += starts[owner]!;
    const next = starts.slice();
    const rows = new Uint32Array(starts.at(-1)!);
    profile.forEach((name, row) => {
      if (ownerOf[name] !== away) rows[next[ownerOf[name]!]!++] = row;
    });
    const compare = this.#compare();
    for (let owner = 0; owner < owners.names.length; owner++)
      rows.subarray(starts[owner], starts[owner + 1]).sort(compare);
    const [item, time, target] = [this.#item.view(), this.#time.view(), this.#target.view()];
    const labels = this.#labels.view();
    const sequences = {
      starts,
      items: rows.map((row) => item[row]!),
      times: Float64Array.from(rows, (row) => time[row]!),
      targets: Uint8Array.from(rows, (row) => target[row]!),
      ...(labels.some((bits) => bits > 0) && { labels: Uint8Array.from(rows, (row) => labels[row]!) }),
    };
    const hashes = new Uint32Array(2 * owners.names.length);
    owners.names.forEach((name, owner) => hashes.set(idHash64(name), 2 * owner));
    return [sequences, hashes];
  }
}
