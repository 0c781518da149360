/**
 * A write-ahead log: what is appended is on the disk before it is delivered elsewhere, and stays until it is.
 * Appends that come together share one fdatasync. Order: frames lie in the order of the calls; what is left of an
 * earlier run is offered first, oldest first.
 */
import { LikenessError } from '../errors.ts';
import { type LogFolder, type SegmentFile, segmentName } from './write-ahead-log-folder.ts';
import { encodeFrame, segmentHeader } from './write-ahead-log-frames.ts';
import { readFrames, recoverSegments } from './write-ahead-log-reading.ts';
import {
  addUndelivered,
  hasUndelivered,
  newSegment,
  owes,
  type Range,
  type Segment,
  settleRanges,
  takeRanges,
  type Waiting,
  waitingIn,
} from './write-ahead-log-segment.ts';

export interface WriteAheadLogOptions {
  readonly folder: LogFolder;
  /** `full` from here on; one group of appends may go beyond. */
  readonly maxBytes: number;
  /** Something on the disk is not as it was written; the log goes on. */
  readonly onDamage: (error: LikenessError) => void;
  /** How many events a payload holds. Default: one. */
  readonly eventsIn?: (payload: Uint8Array) => number;
}

export interface LogEntry {
  /** Resolves when the frame is on the disk, rejects with `WriteAheadLogFailed` if it may not be. */
  readonly durable: Promise<void>;
}

/** Undelivered frames of one segment, in the order of writing. */
interface Backlog {
  readonly payloads: readonly Buffer[];
  /** True: never offered again. False: offered again by the next call of `takeBacklog`. */
  settle(delivered: boolean): void;
}

export interface WriteAheadLog {
  append(payload: Uint8Array): LogEntry;
  /** Once per entry: it was delivered, or will not be and belongs to the backlog. */
  settle(entry: LogEntry, delivered: boolean): void;
  /** The oldest part of the backlog; undefined: there is none. One at a time. Rejects if the disk cannot be read. */
  takeBacklog(): Promise<Backlog | undefined>;
  readonly hasBacklog: boolean;
  /** How large the backlog is. What is under way from memory belongs to it only if it fails. */
  readonly waiting: Waiting;
  /** Bytes on the disk. */
  readonly size: number;
  readonly full: boolean;
  /** Why the last write failed; undefined: it did not. */
  readonly failure: LikenessError | undefined;
  /** Tries whether the disk takes writes again. */
  recover(): Promise<void>;
  /** Waits for the appends under way; removes what is delivered. */
  close(): Promise<void>;
}

interface Entry extends LogEntry {
  readonly payload: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: LikenessError) => void;
  delivery: 'pending' | 'delivered' | 'undelivered';
  place: { readonly segment: Segment; readonly range: Omit<Range, 'events'> } | undefined;
}

const largestSegment = 8 * 1024 * 1024;
/** A segment that owes nothing is dropped from this size on, so that a restart has little to send again. */
const droppedFrom = 1024 * 1024;
const groupBytes = 4 * 1024 * 1024;

/** Rejects with the system's error if the folder cannot be read. Torn tails are passed over; whole frames are the backlog. */
export async function openWriteAheadLog(options: WriteAheadLogOptions): Promise<WriteAheadLog> {
  const log = new DiskLog(options);
  await log.load();
  return log;
}

class DiskLog implements WriteAheadLog {
  readonly #options: Required<WriteAheadLogOptions>;
  readonly #segmentBytes: number;
  readonly #segments = new Set<Segment>();
  readonly #queue: Entry[] = [];
  #active: { readonly segment: Segment; readonly file: SegmentFile } | undefined;
  #nextSequence = 1;
  #writing: Promise<void> | undefined;
  #housekeeping: Promise<void> = Promise.resolve();
  failure: LikenessError | undefined;

  constructor(options: WriteAheadLogOptions) {
    this.#options = { eventsIn: () => 1, ...options };
    this.#segmentBytes = Math.min(largestSegment, Math.ceil(options.maxBytes / 4));
  }

  async load(): Promise<void> {
    const { folder, eventsIn } = this.#options;
    const { segments, lastSequence } = await recoverSegments(folder, (...damage) => this.#report(...damage), eventsIn);
    for (const segment of segments) this.#segments.add(segment);
    this.#nextSequence = lastSequence + 1;
  }

  append(payload: Uint8Array): LogEntry {
    const { promise: durable, resolve, reject } = Promise.withResolvers<void>();
    const entry: Entry = { durable, payload, resolve, reject, delivery: 'pending', place: undefined };
    this.#queue.push(entry);
    this.#writing ??= this.#write();
    return entry;
  }

  settle(settled: LogEntry, delivered: boolean): void {
    const entry = settled as Entry;
    if (entry.delivery !== 'pending') return;
    entry.delivery = delivered ? 'delivered' : 'undelivered';
    if (entry.place === undefined) return;
    const { segment } = entry.place;
    segment.pending--;
    if (!delivered) this.#owe(entry);
    this.#drop(segment);
  }

  /** Counted only now, because most entries never come here. */
  #owe({ place, payload }: Entry): void {
    const { segment, range } = place!;
    addUndelivered(segment, { ...range, events: this.#options.eventsIn(payload) });
  }

  async #write(): Promise<void> {
    // Appends of the same turn of the event loop share the first sync too.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      const entries = this.#takeGroup();
      try {
        if (entries.length > 0) await this.#writeGroup(entries);
      } catch (cause) {
        await this.#fail(cause, entries);
      }
    }
    this.#writing = undefined;
  }

  #takeGroup(): Entry[] {
    const group: Entry[] = [];
    let bytes = 0;
    let taken = 0;
    for (; taken < this.#queue.length && bytes < groupBytes; taken++) {
      const entry = this.#queue[taken]!;
      // Delivered before its turn came: the disk has nothing to add.
      if (entry.delivery === 'delivered') {
        entry.resolve();
        continue;
      }
      group.push(entry);
      bytes += entry.payload.length;
    }
    this.#queue.splice(0, taken);
    return group;
  }

  async #writeGroup(entries: readonly Entry[]): Promise<void> {
    const { segment, file } = await this.#activeSegment();
    const frames = entries.map(({ payload }) => encodeFrame(payload));
    await file.write(Buffer.concat(frames), segment.size);
    await file.sync();
    this.failure = undefined;
    for (const [index, entry] of entries.entries()) {
      const range = { from: segment.size, to: segment.size + frames[index]!.length };
      segment.size = range.to;
      entry.place = { segment, range };
      if (entry.delivery === 'pending') segment.pending++;
      if (entry.delivery === 'undelivered') this.#owe(entry);
      entry.resolve();
    }
    if (segment.size >= this.#segmentBytes) await this.#seal();
  }

  async #activeSegment() {
    const { segment } = this.#active ?? {};
    if (segment !== undefined && segment.size >= Math.min(droppedFrom, this.#segmentBytes) && !owes(segment))
      await this.#seal();
    this.#active ??= await this.#create();
    return this.#active;
  }

  async #create() {
    const { folder } = this.#options;
    const name = segmentName(this.#nextSequence++);
    const file = await folder.create(name);
    try {
      await file.write(segmentHeader, 0);
      await file.sync();
    } catch (error) {
      await file.close();
      await folder.remove(name);
      throw error;
    }
    const segment = newSegment(name, segmentHeader.length);
    this.#segments.add(segment);
    return { segment, file };
  }

  async #seal(): Promise<void> {
    if (this.#active === undefined) return;
    const { segment, file } = this.#active;
    this.#active = undefined;
    segment.sealed = true;
    await file.close();
    this.#drop(segment);
  }

  /** After a failed write or sync nothing is known of the file's tail: it is cut off and no frame follows it. */
  async #fail(cause: unknown, entries: readonly Entry[]): Promise<void> {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const failure = new LikenessError('WriteAheadLogFailed', `The write-ahead log cannot be written: ${reason}`, {
      retryable: true,
      cause,
    });
    this.failure = failure;
    for (const entry of entries) entry.reject(failure);
    if (this.#active === undefined) return;
    const { segment, file } = this.#active;
    await file.truncate(segment.size).catch((error: unknown) => this.#report(segment, 'its torn tail stays', error));
    await this.#seal().catch((error: unknown) => this.#report(segment, 'it cannot be closed', error));
  }

  /** Removes the file of a sealed segment that owes nothing. */
  #drop(segment: Segment): void {
    if (!segment.sealed || owes(segment) || !this.#segments.delete(segment)) return;
    const { folder } = this.#options;
    this.#housekeeping = this.#housekeeping
      .then(() => (segment.damaged ? folder.setAside(segment.name) : folder.remove(segment.name)))
      .catch((error: unknown) => this.#report(segment, 'its file cannot be removed', error));
  }

  #report(segment: Pick<Segment, 'name'>, problem: string, cause?: unknown): void {
    const message = `Segment ${segment.name} of the write-ahead log: ${problem}`;
    this.#options.onDamage(new LikenessError('WriteAheadLogFailed', message, { cause }));
  }

  async takeBacklog(): Promise<Backlog | undefined> {
    const segment = [...this.#segments].find(({ undelivered }) => undelivered.length > 0);
    if (segment === undefined) return undefined;
    const { folder } = this.#options;
    const settle = (delivered: boolean): void => {
      settleRanges(segment, delivered);
      this.#drop(segment);
    };
    try {
      const ranges = takeRanges(segment);
      return { payloads: await readFrames(folder, segment, ranges, (...damage) => this.#report(...damage)), settle };
    } catch (error) {
      settle(false);
      throw error;
    }
  }

  get hasBacklog(): boolean {
    return [...this.#segments].some(hasUndelivered);
  }

  get waiting(): Waiting {
    return waitingIn(this.#segments);
  }

  get size(): number {
    return [...this.#segments].reduce((sum, { size }) => sum + size, 0);
  }

  get full(): boolean {
    return this.size >= this.#options.maxBytes;
  }

  async recover(): Promise<void> {
    await this.#writing;
    if (this.failure === undefined || this.#writing !== undefined) return;
    const probe = async (): Promise<void> => {
      this.#active ??= await this.#create();
      this.failure = undefined;
    };
    // Appends that come meanwhile wait for this in #write's place.
    this.#writing = probe()
      .catch((cause: unknown) => this.#fail(cause, []))
      .then(() => this.#write());
    await this.#writing;
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#seal();
    await this.#housekeeping;
  }
}
