/** A broker, a profile store and a model store in memory, as far as serving uses them. */
import type { Broker, BrokerRecord, OutgoingRecord } from '../../services/shared/broker.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import type { ModelStore } from '../../services/shared/model-store.ts';
import type { ProfileStore } from '../../services/shared/profile-store.ts';

export class MemoryBroker {
  readonly topics = new Map<string, BrokerRecord[]>();
  readonly #followers = new Map<string, ((partition: number, records: BrokerRecord[]) => void)[]>();

  append(topic: string, records: readonly OutgoingRecord[]): void {
    const log = this.topics.get(topic) ?? [];
    this.topics.set(topic, log);
    for (const { key = null, value, partition } of records) {
      const record = { offset: log.length, key, value, timestamp: 0 };
      log.push(record);
      for (const follower of this.#followers.get(topic) ?? []) follower(partition, [record]);
    }
  }

  asBroker(): Broker {
    const broker: Pick<Broker, 'producer' | 'follow'> = {
      producer: async () => ({
        send: async (topic, records) => this.append(topic, records),
        close: async () => undefined,
      }),
      follow: async ({ topic, onRecords, onCaughtUp }) => {
        const own = (partition: number, records: BrokerRecord[]) => void onRecords(partition, records);
        own(0, this.topics.get(topic) ?? []);
        this.#followers.set(topic, [...(this.#followers.get(topic) ?? []), own]);
        onCaughtUp?.();
        return { close: async () => undefined };
      },
    };
    return broker as Broker;
  }
}

export class MemoryProfileStore {
  readonly states = new Map<string, Uint8Array>();
  gets: number[] = [];
  failure: Error | undefined;

  asStore(): ProfileStore {
    const store: Pick<ProfileStore, 'get' | 'check'> = {
      get: async (keys) => {
        this.gets.push(keys.length);
        if (this.failure) throw this.failure;
        return keys.map(({ tag, profileId }) => this.states.get(`${tag} ${profileId}`));
      },
      check: async () => {
        if (this.failure) throw this.failure;
      },
    };
    return store as ProfileStore;
  }
}

export class MemoryModelStore implements ModelStore {
  readonly #artifacts = new Map<string, ReadonlyMap<string, Uint8Array>>();

  async put(digest: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    this.#artifacts.set(digest, files);
  }

  async get(digest: string): Promise<Map<string, Uint8Array>> {
    const files = this.#artifacts.get(digest);
    if (files) return new Map(files);
    throw new LikenessError('NotFound', `There is no artifact ${digest}`);
  }

  async list(): Promise<string[]> {
    return [...this.#artifacts.keys()];
  }
}
