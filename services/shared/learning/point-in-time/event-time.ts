/** How far a replay of several partitions has come in the time of the events: as far as the partition that is furthest back. */
import type { CleanEvent } from '../../event.ts';

type Dated = Pick<CleanEvent, 'time' | 'ingestedAt'>;

/**
 * When an event happened as far as a log can know, milliseconds since 1970: not after it came in. One that is dated far
 * ahead would else be taken for the newest for ever.
 */
export function eventTime({ time, ingestedAt }: Dated): number {
  const said = Date.parse(time);
  return time === ingestedAt ? said : Math.min(said, Date.parse(ingestedAt));
}

export class EventTime {
  readonly #newest: Map<number, number>;
  #past = -Infinity;

  constructor(partitions: readonly number[]) {
    this.#newest = new Map(partitions.map((partition) => [partition, -Infinity]));
  }

  /** Never goes back. -Infinity until every partition has told of an event or ended. */
  get reached(): number {
    if (this.#newest.size === 0) return this.#past;
    return Math.min(...this.#newest.values());
  }

  note(partition: number, event: Dated): void {
    const time = eventTime(event);
    const newest = this.#newest.get(partition);
    if (newest !== undefined && time > newest) this.#newest.set(partition, time);
    if (time > this.#past) this.#past = time;
  }

  /** The log's end is the same moment for all: a partition that has come there holds nobody back. */
  end(partition: number): void {
    this.#newest.delete(partition);
  }

  /** The partition to read next so that none runs ahead; undefined: all have ended. */
  get furthestBack(): number | undefined {
    let back: number | undefined;
    for (const [partition, newest] of this.#newest)
      if (back === undefined || newest < this.#newest.get(back)!) back = partition;
    return back;
  }
}
