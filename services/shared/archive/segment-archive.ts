/** The archive over a store of segments: what is not in their names is not needed, so no crash leaves them at odds. */
import type { Archive, Erasure, Extent, RecordPlace, Segment, SegmentStore, StoredSegment } from '../archive.ts';
import type { BrokerRecord } from '../broker.ts';
import { LikenessError } from '../errors.ts';
import { chainOf, extentOf, type Link, redundant } from './chain.ts';
import type { ArchivedLine } from './columns.ts';
import { erasedBy, type Erased } from './erasure.ts';
import { mergeable } from './mergeable.ts';
import { regroup } from './regroup.ts';
import { decodeSegment, encodeSegment, linesOf } from './segment-file.ts';
import { segmentName } from './segment-name.ts';

/** What is read of a partition, and what is left out of it. */
interface View {
  readonly chain: readonly Link<StoredSegment>[];
  readonly erased: Erased;
}

/** A segment may be merged with others, or expire, between a look at the list and the reading of it. */
const looks = 5;

export class SegmentArchive implements Archive {
  readonly #store: SegmentStore;

  constructor(store: SegmentStore) {
    this.#store = store;
  }

  async extent(partition: number): Promise<Extent> {
    return extentOf(chainOf(await this.#listed(partition)));
  }

  async newest(partition: number): Promise<RecordPlace | undefined> {
    const { chain, erased } = await this.#view(partition);
    for (const { segment } of chain.toReversed()) {
      const last = (await this.#linesOf(segment, erased)).at(-1);
      if (last !== undefined) return { offset: last.offset, timestamp: last.appended };
    }
    return undefined;
  }

  segments(): Promise<StoredSegment[]> {
    return this.#store.list();
  }

  async append(segment: Omit<Segment, 'maxTime'>, records: readonly BrokerRecord[]): Promise<StoredSegment> {
    checkInside(segment, records);
    const { partition, first } = segment;
    const { from, to } = await this.extent(partition);
    if (to > from && first > to) throw notNext(segment, to);
    const maxTime = records.reduce((newest, { timestamp }) => Math.max(newest, timestamp), 0);
    return this.#create({ ...segment, maxTime }, linesOf(records), await this.#erased(partition));
  }

  async *read({
    partition,
    from,
    to = Infinity,
  }: Parameters<Archive['read']>[0]): AsyncGenerator<readonly BrokerRecord[]> {
    let next = from;
    let view = await this.#view(partition);
    for (let look = 1; next < to;) {
      checkReach(partition, next, extentOf(view.chain));
      const link = view.chain.find(({ segment }) => segment.last >= next);
      if (link === undefined) return;
      const bytes = await this.#store.get(link.segment);
      if (bytes !== undefined) {
        const range = { from: next, to };
        yield* regroup(groupsOf(link.segment, bytes, view.erased, range));
        next = link.segment.last + 1;
        look = 1;
      } else if (look++ < looks) view = await this.#view(partition);
      else throw vanishing(link.segment);
    }
  }

  async expire(oldest: number): Promise<readonly Segment[]> {
    const removed: Segment[] = [];
    for (const [partition, segments] of await this.#tidied()) {
      const old = segments.findIndex(({ maxTime }) => maxTime >= oldest);
      const expired = old === -1 ? [...segments] : segments.slice(0, old);
      const last = old === -1 ? expired.pop() : undefined;
      // From the front, so that a crash leaves no gap.
      for (const segment of expired) await this.#store.remove(segment);
      removed.push(...expired);
      if (last && !isMark(last)) {
        // Without it nobody would know how far the archive has come.
        await this.#create({ partition, first: last.last, last: last.last, maxTime: 0 }, [], erasedBy([]));
        await this.#store.remove(last);
        removed.push(last);
      }
    }
    return removed;
  }

  /** The many stay until the one is whole. */
  async merge(): Promise<number> {
    let fewer = 0;
    for (const [partition, segments] of await this.#tidied()) {
      const run = mergeable(chainOf(segments));
      if (run.length === 0) continue;
      const erased = await this.#erased(partition);
      const lines: ArchivedLine[] = [];
      for (const { segment, from } of run) lines.push(...(await this.#linesOf(segment, erased, from)));
      const maxTime = Math.max(...run.map(({ segment }) => segment.maxTime));
      const [first, last] = [run[0]!.segment.first, run.at(-1)!.segment.last];
      await this.#create({ partition, first, last, maxTime }, lines, erased);
      for (const { segment } of run) await this.#store.remove(segment);
      fewer += run.length - 1;
    }
    return fewer;
  }

  async erase(erasures: readonly Erasure[]): Promise<void> {
    for (const erasure of erasures) await this.#store.note(erasure);
  }

  async purge(): Promise<number> {
    let gone = 0;
    for (const [partition, segments] of await this.#tidied()) {
      const erased = await this.#erased(partition);
      // One that knows of more than this was purged by somebody who does, and stands in the way of nothing.
      const due = segments.filter(({ purged = '', first }) => (erased.tag ?? '') > purged && first < erased.before);
      for (const segment of due) gone += await this.#purge(segment, erased);
    }
    return gone;
  }

  /** Nothing where it is gone already: what it has become is purged the next time. */
  async #purge(segment: StoredSegment, erased: Erased): Promise<number> {
    const bytes = await this.#store.get(segment);
    if (bytes === undefined) return 0;
    const all = await collect(decodeSegment(segment, bytes));
    const kept = all.filter((line) => erased.stays(line));
    const { bytes: _size, purged: _before, ...range } = segment;
    await this.#create(range, kept, erased);
    await this.#store.remove(segment);
    return all.length - kept.length;
  }

  async #create(range: Omit<Segment, 'purged'>, lines: Iterable<ArchivedLine>, erased: Erased): Promise<StoredSegment> {
    const bytes = await encodeSegment(erased.tag === undefined ? lines : staying(lines, erased));
    const segment: Segment = { ...range, ...(erased.tag !== undefined && { purged: erased.tag }) };
    await this.#store.create(segment, bytes);
    return { ...segment, bytes: bytes.byteLength };
  }

  async #view(partition: number): Promise<View> {
    const chain = chainOf(await this.#listed(partition));
    return { chain, erased: await this.#erased(partition) };
  }

  async #erased(partition: number): Promise<Erased> {
    return erasedBy(await this.#store.erasures(partition));
  }

  /**
   * A list is not made at one stroke: of a merge beside it, it may miss both what was removed and what was created. One
   * that is equal to the list before it has missed nothing.
   */
  async #listed(partition?: number): Promise<StoredSegment[]> {
    let names = '';
    for (let look = 1; ; look++) {
      const listed = await this.#store.list(partition);
      const before = names;
      names = listed.map(segmentName).toSorted().join('\n');
      if (names === before || look === looks) return listed;
    }
  }

  /** The segments of each partition in their order, after what others hold as well is gone: it must not outlive them. */
  async #tidied(): Promise<Map<number, StoredSegment[]>> {
    const tidied = new Map<number, StoredSegment[]>();
    for (const [partition, segments] of Map.groupBy(await this.#listed(), (segment) => segment.partition)) {
      const spare = new Set(redundant(segments));
      for (const segment of spare) await this.#store.remove(segment);
      const kept = segments.filter((segment) => !spare.has(segment));
      tidied.set(
        partition,
        kept.toSorted((a, b) => a.first - b.first),
      );
    }
    return tidied;
  }

  async #linesOf(segment: Segment, erased: Erased, from = 0): Promise<ArchivedLine[]> {
    const bytes = await this.#store.get(segment);
    if (bytes === undefined) throw vanishing(segment);
    return collect(groupsOf(segment, bytes, erased, { from, to: Infinity }));
  }
}

/** Holds no lines, only the place that the archive has reached. */
const isMark = ({ first, last, maxTime }: Segment): boolean => first === last && maxTime === 0;

/** What stays of a segment's lines, of those in the range. */
async function* groupsOf(segment: Segment, bytes: Uint8Array, erased: Erased, { from, to }: Extent) {
  const isThrough = segment.purged === erased.tag;
  for await (const lines of decodeSegment(segment, bytes))
    yield lines.filter((line) => line.offset >= from && line.offset < to && (isThrough || erased.stays(line)));
}

function* staying(lines: Iterable<ArchivedLine>, erased: Erased): Generator<ArchivedLine> {
  for (const line of lines) if (erased.stays(line)) yield line;
}

async function collect(groups: AsyncIterable<readonly ArchivedLine[]>): Promise<ArchivedLine[]> {
  const all: ArchivedLine[] = [];
  for await (const lines of groups) for (const line of lines) all.push(line);
  return all;
}

function checkInside({ first, last }: Omit<Segment, 'maxTime'>, records: readonly BrokerRecord[]): void {
  const outside = records.find(({ offset }) => offset < first || offset > last);
  if (outside === undefined && first <= last) return;
  throw new LikenessError(
    'BadData',
    `A segment from offset ${first} to ${last} cannot hold offset ${outside?.offset}.`,
  );
}

function notNext({ partition, first }: Omit<Segment, 'maxTime'>, to: number): LikenessError {
  return new LikenessError(
    'LogGap',
    `The archive of partition ${partition} ends before offset ${to}, and what comes next begins at ${first}.`,
  );
}

function checkReach(partition: number, next: number, { from, to }: Extent): void {
  if (next >= from || to === from) return;
  throw new LikenessError(
    'LogGap',
    `The archive of partition ${partition} begins at offset ${from}, and ${next} is asked for: what lay before has ` +
      'expired by spec.archive.retention. Begin there.',
  );
}

function vanishing({ partition, first, last }: Segment): LikenessError {
  return new LikenessError(
    'StoreUnavailable',
    `The archive lists a segment of partition ${partition} from offset ${first} to ${last}, and does not give it.`,
    { retryable: true },
  );
}
