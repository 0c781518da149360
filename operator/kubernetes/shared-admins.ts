/** One connection to a Kafka for all pipelines that use it in the same way, however many they are. */
import { LikenessError } from '../../services/shared/errors.ts';
import type { TopicAdmin } from '../../services/shared/topic-admin.ts';
import type { Timing } from './runtime/timing.ts';

export interface SharedAdminsOptions<Settings> {
  readonly connect: (settings: Settings) => Promise<TopicAdmin>;
  readonly timing: Pick<Timing, 'after'>;
  /** One that nobody uses is closed after this. */
  readonly idleMs?: number;
}

interface Held {
  readonly admin: Promise<TopicAdmin>;
  users: number;
  /** Nobody else gets it, because it has failed; its last user closes it. */
  isGone: boolean;
  cancelClose: () => void;
}

export class SharedAdmins<Settings extends object> {
  readonly #options: Required<SharedAdminsOptions<Settings>>;
  /** By what it was connected with. */
  readonly #held = new Map<string, Held>();

  constructor(options: SharedAdminsOptions<Settings>) {
    this.#options = { idleMs: 60_000, ...options };
  }

  /** Closing what this gives only gives it back. After a failure the next caller gets a new connection. */
  async open(settings: Settings): Promise<TopicAdmin> {
    const key = JSON.stringify(settings);
    const held = this.#held.get(key) ?? this.#connect(key, settings);
    held.users++;
    held.cancelClose();
    try {
      return this.#lent(key, held, await held.admin);
    } catch (error) {
      this.#giveUp(key, held);
      this.#release(key, held);
      throw error;
    }
  }

  /** Those in use are closed by their users. */
  close(): void {
    for (const [key, held] of this.#held) {
      this.#giveUp(key, held);
      held.cancelClose();
      if (held.users === 0) closeQuietly(held);
    }
  }

  #connect(key: string, settings: Settings): Held {
    const held = { admin: this.#options.connect(settings), users: 0, isGone: false, cancelClose: () => undefined };
    this.#held.set(key, held);
    return held;
  }

  #lent(key: string, held: Held, admin: TopicAdmin): TopicAdmin {
    let isOpen = true;
    const watched = <T>(work: Promise<T>): Promise<T> =>
      work.catch((error: unknown) => {
        // What one may not do says nothing of the connection, which others use.
        if (!(error instanceof LikenessError) || error.retryable) this.#giveUp(key, held);
        throw error;
      });
    return {
      ensure: (topics) => watched(admin.ensure(topics)),
      check: (topics) => watched(admin.check(topics)),
      remove: (topics, groups) => watched(admin.remove(topics, groups)),
      lag: (of) => watched(admin.lag(of)),
      written: (topic) => watched(admin.written(topic)),
      close: () => {
        if (isOpen) this.#release(key, held);
        isOpen = false;
        return Promise.resolve();
      },
    };
  }

  #giveUp(key: string, held: Held): void {
    held.isGone = true;
    if (this.#held.get(key) === held) this.#held.delete(key);
  }

  #release(key: string, held: Held): void {
    if (--held.users > 0) return;
    if (held.isGone) return closeQuietly(held);
    held.cancelClose = this.#options.timing.after(this.#options.idleMs, () => {
      this.#giveUp(key, held);
      closeQuietly(held);
    });
  }
}

/** What cannot be closed was not connected, or has lost its connection. */
function closeQuietly({ admin }: Held): void {
  admin.then((connected) => connected.close()).catch(() => undefined);
}
