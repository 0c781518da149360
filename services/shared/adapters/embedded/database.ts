/** The LMDB file of the embedded log: its tables, and one queue through which every change goes. */
import { open, type Database, type RootDatabase } from 'lmdb';
import { LikenessError } from '../../errors.ts';
import { Stage } from './stage.ts';

/** A topic deleted and created again has another id, and so nothing of the old log. */
export interface TopicRow {
  readonly id: number;
  readonly partitions: number;
  readonly compacted: boolean;
  readonly retentionMs: number | null;
}

export interface HeadRow {
  readonly low: number;
  readonly high: number;
  /** Timestamp of the last record, so that time never runs backwards within a partition. */
  readonly timestamp: number;
}

export interface Tables {
  readonly topics: Database<TopicRow, string>;
  /** Key: topic id, partition. */
  readonly heads: Database<HeadRow, [number, number]>;
  /** Key: topic id, partition, first offset. */
  readonly chunks: Database<Buffer, number[]>;
  /** Key: group, topic id, partition. */
  readonly positions: Database<number, [string, number, number]>;
}

interface Change {
  readonly plan: (stage: Stage) => void;
  readonly settle: (error?: unknown) => void;
}

/** Changes planned into one commit are bounded by the bytes that they add. */
const maxCommitBytes = 8 * 1024 * 1024;
const sequenceKey = 'sequence';
const everything: ReadonlySet<string> = new Set(['*']);

export class LogDatabase {
  readonly tables: Tables;
  readonly #root: RootDatabase;
  readonly #sequence: Database<number, string>;
  readonly #queue: Change[] = [];
  readonly #onCommit: (touched: ReadonlySet<string>) => void;
  #draining: Promise<void> | undefined;
  /** Every commit up to here has been announced. */
  #announced = 0;
  #closed = false;

  /** `onCommit` learns which partitions a commit touched (see Stage); `*` stands for all, after another process's. */
  constructor(folder: string, onCommit: (touched: ReadonlySet<string>) => void) {
    // Without overlappingSync a commit is visible only once it is durable, so no reader acts on what a crash takes back.
    this.#root = open({ path: folder, overlappingSync: false, maxDbs: 8, noSubdir: false });
    this.#sequence = this.#root.openDB({ name: 'sequence', encoding: 'json', useVersions: true });
    this.tables = {
      topics: this.#root.openDB({ name: 'topics', encoding: 'json' }),
      heads: this.#root.openDB({ name: 'heads', encoding: 'json' }),
      chunks: this.#root.openDB({ name: 'chunks', encoding: 'binary' }),
      positions: this.#root.openDB({ name: 'positions', encoding: 'json' }),
    };
    this.#onCommit = onCommit;
  }

  /** Rises with every commit of any process. Reads made after it, in the same turn, see at least that commit. */
  sequence(): number {
    this.#root.resetReadTxn();
    return this.#sequence.get(sequenceKey) ?? 0;
  }

  /**
   * Resolves when what `plan` staged is durable. Changes asked for while a commit is under way travel together in the
   * next one. `plan` may run again, if another process committed in between, and must not change anything else; what
   * it throws rejects this change alone.
   */
  async change<T>(plan: (stage: Stage) => T): Promise<T> {
    if (this.#closed) throw new LikenessError('BrokerUnavailable', 'The embedded log is closed.');
    let result: T | undefined;
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: unknown) => (error === undefined ? resolve() : reject(error as Error));
      this.#queue.push({ plan: (stage) => void (result = plan(stage)), settle });
      this.#draining ??= this.#drain();
    });
    return result as T;
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#draining) await this.#draining;
    await this.#root.close();
  }

  async #drain(): Promise<void> {
    // One turn, so that calls made together travel together.
    await new Promise(setImmediate);
    try {
      while (this.#queue.length > 0) await this.#commitSome();
    } catch (error) {
      for (const change of this.#queue.splice(0)) change.settle(error);
    } finally {
      this.#draining = undefined;
    }
  }

  async #commitSome(): Promise<void> {
    const before = this.sequence();
    const stage = new Stage(this.tables);
    const taken: Change[] = [];
    const failed: { change: Change; error: unknown }[] = [];
    for (let change; stage.bytes < maxCommitBytes && (change = this.#queue.shift());) {
      try {
        change.plan(stage);
        taken.push(change);
      } catch (error) {
        failed.push({ change, error });
      }
    }
    const outcome = await this.#write(before, stage);
    if (outcome === 'rival') {
      this.#queue.unshift(...taken, ...failed.map(({ change }) => change));
      return;
    }
    for (const change of taken) change.settle(outcome);
    for (const { change, error } of failed) change.settle(error);
    if (!outcome && !stage.isEmpty) this.#announce(before, stage.touched);
  }

  #announce(before: number, touched: ReadonlySet<string>): void {
    this.#onCommit(before === this.#announced ? touched : everything);
    this.#announced = before + 1;
  }

  /** Announces what other processes committed since the last look. */
  poll(): void {
    const sequence = this.sequence();
    if (sequence === this.#announced || this.#draining) return;
    this.#announced = sequence;
    this.#onCommit(everything);
  }

  /** LMDB checks the sequence and writes in one transaction, on a thread of its own. */
  async #write(before: number, stage: Stage): Promise<'rival' | LikenessError | undefined> {
    if (stage.isEmpty) return undefined;
    const next = before + 1;
    const writes = () => {
      void this.#sequence.put(sequenceKey, next, next);
      stage.apply();
    };
    try {
      const won =
        before === 0
          ? await this.#sequence.ifNoExists(sequenceKey, writes)
          : await this.#sequence.ifVersion(sequenceKey, before, writes);
      return won ? undefined : 'rival';
    } catch (cause) {
      const message = 'The embedded log could not be written; check that its disk has room and is writable.';
      return new LikenessError('BrokerUnavailable', message, { retryable: true, cause });
    }
  }
}
