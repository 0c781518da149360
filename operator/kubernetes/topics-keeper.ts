/**
 * Keeps the topics of every pipeline, and knows their lag, apart from reconciling: a reconcile asks what is known and
 * goes on, so that a broker that does not answer holds up nobody but its own pipelines.
 */
import { describeError, LikenessError } from '../../services/shared/errors.ts';
import type { Clock } from '../../services/shared/service.ts';
import type { TopicSettings } from '../../services/shared/broker.ts';
import type { GroupLag, TopicAdmin, TopicProblem } from '../../services/shared/topic-admin.ts';
import { Permits } from './permits.ts';
import { contentHash } from './runtime/content-hash.ts';

export interface WantedTopics {
  /** Bootstrap servers, for messages. */
  readonly address: string;
  readonly connect: () => Promise<TopicAdmin>;
  /** Managed: created and set. Else only looked at. */
  readonly managed: boolean;
  readonly topics: readonly TopicSettings[];
  /** By stage: what it reads, and as which group. */
  readonly stages: Readonly<Record<string, GroupLag>>;
  /** Further groups that end with the pipeline. */
  readonly groups?: readonly string[];
  /** Topics of which it is to be known how much was ever written to them. */
  readonly counted?: readonly string[];
  /** Removes the profiles that were made from the topics. */
  readonly clearProfiles: () => Promise<void>;
}

export interface TopicsState {
  readonly outcome: 'Checking' | 'Ready' | 'Refused' | 'Unreachable';
  /** What is wrong and what to do; empty where nothing is. */
  readonly message: string;
  /** Records that wait before a stage, as last measured. */
  readonly lag: Readonly<Record<string, number>>;
  /** By topic of `counted`: the ends of its partitions, added up, as last measured. */
  readonly written?: Readonly<Record<string, number>>;
}

export type Removal = 'Removing' | 'Removed' | { readonly failed: string };

export interface TopicsKeeperOptions {
  readonly clock: Clock;
  /** Told when what is known of a pipeline has changed. */
  readonly onChange: (pipeline: string) => void;
  /** Between two looks at topics that are as they should be. */
  readonly refreshMs?: number;
  /** Between two tries at topics that are not. */
  readonly retryMs?: number;
  /** Pipelines looked after at once. */
  readonly atOnce?: number;
}

interface Entry {
  identity: string;
  state: TopicsState;
  checkedAt: number;
  running: boolean;
  /** When what was started for the pipeline has ended, under earlier settings too. */
  idle: Promise<void>;
  removal: Removal | undefined;
}

const unknown: TopicsState = { outcome: 'Checking', message: '', lag: {} };

export class TopicsKeeper {
  readonly #entries = new Map<string, Entry>();
  readonly #options: Required<TopicsKeeperOptions>;
  readonly #permits: Permits;
  #closed = false;

  constructor(options: TopicsKeeperOptions) {
    this.#options = { refreshMs: 30_000, retryMs: 5000, atOnce: 32, ...options };
    this.#permits = new Permits(this.#options.atOnce);
  }

  /** What is known under exactly these settings. Never waits; looks again behind the caller's back when it is time. */
  look(pipeline: string, wanted: WantedTopics): TopicsState {
    const entry = this.#entryOf(pipeline, identityOf(wanted));
    const pause = entry.state.outcome === 'Ready' ? this.#options.refreshMs : this.#options.retryMs;
    if (!entry.running && this.#options.clock.now() - entry.checkedAt >= pause)
      this.#start(entry, () => this.#check(pipeline, entry, wanted));
    return entry.state;
  }

  /**
   * Removes topics, groups and profiles behind the caller's back, topics only where they are its own. Ask again until
   * it says `Removed`; a failure is tried again.
   */
  remove(pipeline: string, wanted: WantedTopics): Removal {
    const entry = this.#entryOf(pipeline, `remove ${identityOf(wanted)}`);
    const due = this.#options.clock.now() - entry.checkedAt >= this.#options.retryMs;
    if (!entry.running && entry.removal !== 'Removed' && due)
      this.#start(entry, () => this.#remove(pipeline, entry, wanted));
    return entry.removal ?? 'Removing';
  }

  forget(pipeline: string): void {
    this.#entries.delete(pipeline);
  }

  /** Nothing is started any more, and nobody is told. */
  close(): void {
    this.#closed = true;
    this.#entries.clear();
  }

  #entryOf(pipeline: string, identity: string): Entry {
    const known = this.#entries.get(pipeline);
    if (known?.identity === identity) return known;
    // A look under way might still make the topics that a removal has just deleted: one after the other.
    const { idle } = known ?? { idle: Promise.resolve() };
    const entry: Entry = { identity, state: unknown, checkedAt: -Infinity, running: false, idle, removal: undefined };
    this.#entries.set(pipeline, entry);
    return entry;
  }

  #start(entry: Entry, work: () => Promise<void>): void {
    entry.running = true;
    const started = entry.idle.then(() => this.#permits.take());
    entry.idle = started.then(async () => {
      try {
        if (!this.#closed) await work();
      } finally {
        entry.running = false;
        entry.checkedAt = this.#options.clock.now();
        this.#permits.release();
      }
    });
  }

  async #check(pipeline: string, entry: Entry, wanted: WantedTopics): Promise<void> {
    const before = JSON.stringify(entry.state);
    entry.state = await stateOf(wanted, entry.state);
    if (JSON.stringify(entry.state) !== before) this.#tell(pipeline, entry);
  }

  async #remove(pipeline: string, entry: Entry, wanted: WantedTopics): Promise<void> {
    try {
      const groups = [...Object.values(wanted.stages).map(({ group }) => group), ...(wanted.groups ?? [])];
      await connected(wanted, async (admin) => admin.remove(await ownTopics(admin, wanted), groups));
      await wanted.clearProfiles();
      entry.removal = 'Removed';
    } catch (error) {
      entry.removal = { failed: describeError(error) };
    }
    this.#tell(pipeline, entry);
  }

  #tell(pipeline: string, entry: Entry): void {
    if (!this.#closed && this.#entries.get(pipeline) === entry) this.#options.onChange(pipeline);
  }
}

function identityOf({ address, managed, topics, stages, counted }: WantedTopics): string {
  return contentHash([address, managed, topics, stages, counted]);
}

async function connected<T>(wanted: WantedTopics, work: (admin: TopicAdmin) => Promise<T>): Promise<T> {
  const admin = await wanted.connect();
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

async function stateOf(wanted: WantedTopics, last: TopicsState): Promise<TopicsState> {
  try {
    return await connected(wanted, async (admin) => {
      const problems = await (wanted.managed ? admin.ensure(wanted.topics) : admin.check(wanted.topics));
      const measured = { lag: await measure(admin, wanted.stages), ...(await count(admin, wanted)) };
      if (problems.length === 0) return { outcome: 'Ready', message: '', ...measured };
      return { outcome: 'Refused', message: problems.map(sentence).join('; '), ...measured };
    });
  } catch (error) {
    const refused = error instanceof LikenessError && !error.retryable;
    const message = `${wanted.address}: ${describeError(error)}`;
    return { ...last, outcome: refused ? 'Refused' : 'Unreachable', message };
  }
}

async function measure(admin: TopicAdmin, stages: WantedTopics['stages']): Promise<Record<string, number>> {
  const lag: Record<string, number> = {};
  for (const [stage, of] of Object.entries(stages)) lag[stage] = await admin.lag(of);
  return lag;
}

async function count(admin: TopicAdmin, { counted }: WantedTopics): Promise<Pick<TopicsState, 'written'>> {
  if (counted === undefined) return {};
  const written: Record<string, number> = {};
  for (const topic of counted) written[topic] = await admin.written(topic);
  return { written };
}

/** A topic that had other partitions when the pipeline came was never its own. */
async function ownTopics(admin: TopicAdmin, { managed, topics }: WantedTopics): Promise<string[]> {
  if (!managed) return [];
  const problems = await admin.check(topics);
  const foreign = new Set(problems.filter(({ kind }) => kind === 'Partitions').map(({ topic }) => topic));
  return topics.map(({ name }) => name).filter((name) => !foreign.has(name));
}

const sentence = ({ topic, problem }: TopicProblem): string => `topic ${topic}: ${problem}`;
