/** Numbers of profile ids, and which of them are one person by the links so far: all that leads to one root. */
import type { Link } from '../../profile/identity.ts';
import { grown, Numbering } from '../columns.ts';
import { LinkTable } from '../link-table.ts';

export class Persons {
  readonly #ids = new Numbering();
  readonly #links = new LinkTable();
  /** By member: the member that stands for the person; a chain of these ends at one that stands for itself. */
  #standsFor = new Uint32Array(256);
  #known = 0;

  get ids(): readonly string[] {
    return this.#ids.names;
  }

  /** Ids that were given a number. */
  get known(): number {
    return this.#known;
  }

  memberOf(id: string): number {
    const member = this.#ids.of(id);
    if (member === this.#known) {
      this.#standsFor = grown(this.#standsFor, member + 1);
      this.#standsFor[member] = member;
      this.#known++;
    }
    return member;
  }

  personOf(member: number): number {
    let person = member;
    while (this.#standsFor[person] !== person) person = this.#standsFor[person]!;
    return person;
  }

  /** Members that stand for a person. */
  *persons(): Generator<number, void> {
    for (let member = 0; member < this.#known; member++) if (this.#standsFor[member] === member) yield member;
  }

  /**
   * Two persons that are one from now on; `moved`: a link that was followed so far is not the earliest, and its source
   * belongs elsewhere, which sums cannot undo.
   */
  link(source: string, link: Link): readonly [number, number] | 'moved' | undefined {
    const before = this.#links.rootOf(source);
    const had = this.#links.targetOf(source);
    this.#links.offer(source, link);
    const now = this.#links.targetOf(source);
    if (had !== undefined && had !== now) return before === this.#links.rootOf(source) ? undefined : 'moved';
    const [a, b] = [this.personOf(this.memberOf(source)), this.personOf(this.memberOf(now!))];
    return a === b ? undefined : [a, b];
  }

  /** `other` belongs to `person` from now on. */
  unite(person: number, other: number): void {
    this.#standsFor[other] = person;
  }

  store(): StoredPersons {
    return { ids: this.#ids.names, links: this.#links.entries(), standsFor: this.#standsFor.slice(0, this.#known) };
  }

  restore({ ids, links, standsFor }: StoredPersons): void {
    for (const id of ids) this.memberOf(id);
    for (const [source, link] of links) this.#links.offer(source, link);
    this.#standsFor.set(standsFor);
  }
}

export interface StoredPersons {
  readonly ids: readonly string[];
  readonly links: readonly (readonly [source: string, link: Link])[];
  readonly standsFor: Uint32Array;
}
