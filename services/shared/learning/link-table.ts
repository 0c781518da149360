/** Who is whom, for a replay that has seen every event: each source keeps its earliest link, readers follow to the root. */
import { earliestLink, type Link } from '../profile/identity.ts';
import { compareBytes } from '../profile/order.ts';

export class LinkTable {
  readonly #links = new Map<string, Link>();

  /** `link.id` is where `source` leads. Any order and repetition gives the same answers. */
  offer(source: string, link: Link): void {
    this.#links.set(source, earliestLink(this.#links.get(source), link)!);
  }

  /** Where it leads next; undefined: nowhere. */
  targetOf(source: string): string | undefined {
    return this.#links.get(source)?.id;
  }

  entries(): [source: string, link: Link][] {
    return [...this.#links];
  }

  /** The id at the end of the links; on a cycle, the bytewise smallest id in it. */
  rootOf(id: string): string {
    const path = new Set<string>();
    let at = id;
    for (let link = this.#links.get(at); link !== undefined && !path.has(at); link = this.#links.get(at)) {
      path.add(at);
      at = link.id;
    }
    if (!path.has(at)) return at;
    const cycle = [...path];
    return cycle.slice(cycle.indexOf(at)).reduce((a, b) => (compareBytes(a, b) <= 0 ? a : b));
  }
}
