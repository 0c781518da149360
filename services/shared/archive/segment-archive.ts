/** The archive over a store of segments: what is not in their names is not needed, so no crash leaves them at odds. */
import type { Archive, Extent, Segment, SegmentStore, StoredSegment } from '../archive.ts';
import type { BrokerRecord } from '../broker.ts';
import { LikenessError } from '../errors.ts';
import { chainOf, extentOf, type Link, redundant } from './chain.ts';
import type { ArchivedLine } from './columns.ts';
import { mergeable } from './mergeable.ts';
import { regroup } from './regroup.ts';
import { decodeSegment, encodeSegment, linesOf } from './segment-file.ts';

type Chain = readonly Link<StoredSegment>[];

/** A segment may be merged with others, or expire, between a look at the list and the reading of it. */
const looks = 5;

export class SegmentArchive implements Archive {
  readonly #store: SegmentStore;

  constructor(store: SegmentStore) {
    this.#store = store;
  }

  async extent(partition: number): Promise<Extent> {
    return extentOf(await this.#chain(partition));
  }

  segments(): Promise<StoredSegment[]> {
    return this.#store.list();
  }

  async append(segment: Omit<Segment, 'maxTime'>, records: readonly BrokerRecord[]): Promise<StoredSegment> {
    checkInside(segment, records);
    const { from, to } = await this.extent(segment.partition);
    if (to > from && segment.first > to) throw notNext(segment, to);
    const maxTime = records.reduce((newest, { timestamp }) => Math.max(newest, timestamp), 0);
    return this.#create({ ...segment, maxTime }, linesOf(records));
  }

  async *read({
    partition,
    from,
    to = Infinity,
  }: Parameters<Archive['read']>[0]): AsyncGenerator<readonly BrokerRecord[]> {
    let next = from;
    let chain = await this.#chain(partition);
    for (let look = 1; next < to;) {
      checkReach(partition, next, extentOf(chain));
      const link = chain.find(({ segment }) => segment.last >= next);
      if (link === undefined) return;
      const bytes = await this.#store.get(link.segment);
      if (bytes !== undefined) {
        yield* regroup(between(decodeSegment(link.segment, bytes), next, to));
        next = link.segment.last + 1;
        look = 1;
      } else if (look++ < looks) chain = await this.#chain(partition);
      else throw vanishing(link.segment);
    }
  }

  async expire(oldest: number): Promise<readonly Segment[]> {
    const removed: Segment[] = [];
    for (const [partition, chain] of await this.#tidied()) {
      const old = chain.findIndex(({ segment }) => segment.maxTime >= oldest);
      const expired = (old === -1 ? chain : chain.slice(0, old)).map(({ segment }) => segment);
      const last = old === -1 ? expired.pop() : undefined;
      // From the front, so that a crash leaves no gap.
      for (const segment of expired) await this.#store.remove(segment);
      removed.push(...expired);
      if (last && !isMark(last)) {
        // Without it nobody would know how far the archive has come.
        await this.#create({ partition, first: last.last, last: last.last, maxTime: 0 }, []);
        await this.#store.remove(last);
        removed.push(last);
      }
    }
    return removed;
  }

  /** The many stay until the one is whole. */
  async merge(): Promise<number> {
    let fewer = 0;
    for (const [partition, chain] of await this.#tidied()) {
      const run = mergeable(chain);
      if (run.length === 0) continue;
      const lines: ArchivedLine[] = [];
      for (const { segment, from } of run) lines.push(...(await this.#linesOf(segment, from)));
      const maxTime = Math.max(...run.map(({ segment }) => segment.maxTime));
      const [first, last] = [run[0]!.segment.first, run.at(-1)!.segment.last];
      await this.#create({ partition, first, last, maxTime }, lines);
      for (const { segment } of run) await this.#store.remove(segment);
      fewer += run.length - 1;
    }
    return fewer;
  }

  async rewrite(stays: (line: string) => boolean): Promise<number> {
    let gone = 0;
    for (const chain of (await this.#tidied()).values())
      for (const { segment } of chain) {
        const lines = await this.#linesOf(segment, segment.first);
        const kept = lines.filter(({ line }) => stays(line));
        if (kept.length < lines.length) await this.#store.replace(segment, await encodeSegment(kept));
        gone += lines.length - kept.length;
      }
    return gone;
  }

  async #create(segment: Segment, lines: Iterable<ArchivedLine>): Promise<StoredSegment> {
    const bytes = await encodeSegment(lines);
    await this.#store.create(segment, bytes);
    return { ...segment, bytes: bytes.byteLength };
  }

  async #chain(partition: number): Promise<Chain> {
    return chainOf(await this.#store.list(partition));
  }

  /** The chain of each partition, after what others hold as well is gone: it must not outlive them. */
  async #tidied(): Promise<Map<number, Chain>> {
    const chains = new Map<number, Chain>();
    for (const [partition, segments] of Map.groupBy(await this.#store.list(), (segment) => segment.partition)) {
      const chain = chainOf(segments);
      for (const segment of redundant(segments, chain)) await this.#store.remove(segment);
      chains.set(partition, chain);
    }
    return chains;
  }

  async #linesOf(segment: Segment, from: number): Promise<ArchivedLine[]> {
    const bytes = await this.#store.get(segment);
    if (bytes === undefined) throw vanishing(segment);
    const lines: ArchivedLine[] = [];
    for await (const group of between(decodeSegment(segment, bytes), from, Infinity))
      for (const line of group) lines.push(line);
    return lines;
  }
}

/** Holds no lines, only the place that the archive has reached. */
const isMark = ({ first, last, maxTime }: Segment): boolean => first === last && maxTime === 0;

async function* between(groups: AsyncIterable<ArchivedLine[]>, from: number, to: number) {
  for await (const lines of groups) yield lines.filter(({ offset }) => offset >= from && offset < to);
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
