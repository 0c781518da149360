/** One open embedded log. LMDB forbids opening a file twice in a process, so everyone who opens a folder shares it. */
import { mkdirSync, realpathSync } from 'node:fs';
import { Bell } from './bell.ts';
import { LogDatabase } from './database.ts';
import { Group } from './group.ts';
import { sweepOrphans } from './topics.ts';
import { Upkeep } from './upkeep.ts';

export interface EmbeddedLogOptions {
  /** Milliseconds since 1970; the records' timestamps. */
  readonly now?: () => number;
  /** How often to look for what other processes appended. */
  readonly pollMs?: number;
  /** How often to drop what is too old and to compact. */
  readonly upkeepMs?: number;
  /** Told about failures of the upkeep, which tries again later. */
  readonly onUpkeepError?: (error: unknown) => void;
}

export class EmbeddedLog {
  readonly bell = new Bell();
  readonly database: LogDatabase;
  readonly now: () => number;
  readonly #upkeep: Upkeep;
  readonly #groups = new Map<string, Group>();
  readonly #timers: readonly NodeJS.Timeout[];
  #tidying: Promise<void> = Promise.resolve();

  constructor(folder: string, options: EmbeddedLogOptions) {
    this.now = options.now ?? Date.now;
    this.database = new LogDatabase(folder, (touched) => this.bell.ring(touched));
    this.#upkeep = new Upkeep(this.database, this.now);
    const tidy = () => void this.upkeep().catch((error: unknown) => options.onUpkeepError?.(error));
    this.#timers = [
      setTimeout(tidy, 0),
      setInterval(() => this.database.poll(), options.pollMs ?? 100),
      setInterval(tidy, options.upkeepMs ?? 30_000),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  group(name: string): Group {
    const group = this.#groups.get(name) ?? new Group(this);
    this.#groups.set(name, group);
    return group;
  }

  /** Runs one at a time. */
  upkeep(): Promise<void> {
    const run = this.#tidying.then(async () => {
      await sweepOrphans(this.database);
      await this.#upkeep.run();
    });
    this.#tidying = run.catch(() => undefined);
    return run;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#tidying;
    await this.database.close();
  }
}

const shared = new Map<string, { readonly log: EmbeddedLog; users: number }>();
const closing = new Map<string, Promise<void>>();

/** Opens the log in `folder`, or joins those who have it open; their options count then. */
export async function acquireLog(
  folder: string,
  options: EmbeddedLogOptions,
): Promise<{ log: EmbeddedLog; release: () => Promise<void> }> {
  mkdirSync(folder, { recursive: true });
  const path = realpathSync(folder);
  await closing.get(path);
  const entry = shared.get(path) ?? { log: new EmbeddedLog(path, options), users: 0 };
  shared.set(path, entry);
  entry.users++;
  return { log: entry.log, release: () => release(path, entry) };
}

async function release(path: string, entry: { readonly log: EmbeddedLog; users: number }): Promise<void> {
  entry.users--;
  if (entry.users > 0) return;
  shared.delete(path);
  const closed = entry.log.close().finally(() => closing.delete(path));
  closing.set(path, closed);
  await closed;
}
