/** For tests: an embedded log and store, clean events in it, and what their profiles must be. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { featureSlice } from '../../crds/slices.ts';
import { statesTag, type Slot } from '../../services/shared/active-features.ts';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import { openLmdbProfileStore } from '../../services/shared/adapters/lmdb-profile-store.ts';
import type { Broker } from '../../services/shared/broker.ts';
import type { CleanEvent, DeadLetter } from '../../services/shared/event.ts';
import type { ModelStore } from '../../services/shared/model-store.ts';
import { encodeProfile } from '../../services/shared/profile/codec.ts';
import { compileFeatures, type CompiledFeatures } from '../../services/shared/profile/compile.ts';
import { emptyProfile, updateProfile } from '../../services/shared/profile/profile.ts';
import { partitionOf } from '../../services/shared/partition.ts';
import { partitionTag, type ProfileStore } from '../../services/shared/profile-store.ts';
import { streams, type Stream, type Topics } from '../../services/shared/streams.ts';
import { parseConfig } from '../../services/feature/config.ts';
import type { BackfillTiming } from '../../services/feature/backfill/backfills.ts';
import { start } from '../../services/feature/service.ts';

export const partitions = 2;
export const topics = Object.fromEntries(streams.map((stream) => [stream, `t.${stream}`])) as Record<
  Stream,
  string
> satisfies Topics;
const singles: ReadonlySet<Stream> = new Set(['items', 'models', 'signals']);
export const spec = featureSlice.parse({
  events: [{ name: 'view' }, { name: 'purchase', weight: '5' }],
  features: [
    { name: 'views', count: { events: ['view'], window: '24h', pane: '1h' } },
    { name: 'spend', sum: { events: ['purchase'], field: 'value' } },
    { name: 'history', sequence: { length: 20 } },
  ],
});
export const start0 = Date.parse('2024-02-01T12:00:00.000Z');
export const pipeline = { namespace: 'default', name: 'test', epoch: 1 };

const config = (more: Readonly<Record<string, string>> = {}) =>
  parseConfig({
    LIKENESS_PIPELINE: 'test',
    LIKENESS_PARTITIONS: String(partitions),
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_GROUP: 'test.feature',
    LIKENESS_SPEC: JSON.stringify(spec),
    ...more,
  });

export const tagOf = (partition: number): string => partitionTag(pipeline, partition);

/** The n-th event; `profile` decides the partition. */
export function cleanEvent(n: number, more: Partial<CleanEvent> = {}): CleanEvent {
  const profile = more.profile ?? `u-${n % 7}`;
  const time = new Date(start0 + n * 1000).toISOString();
  return {
    id: `e-${n}`,
    type: n % 3 === 0 ? 'purchase' : 'view',
    time,
    ingestedAt: time,
    receivedAt: time,
    userId: profile,
    itemId: `item-${n % 11}`,
    value: n / 4,
    profile,
    ...more,
  };
}

export class World {
  readonly #folder = mkdtempSync(join(tmpdir(), 'likeness-feature-'));
  readonly #stops: (() => Promise<void>)[] = [];
  readonly registry = new Registry();
  readonly fatal: unknown[] = [];
  /** Every event sent, by profile, in the order of the log. */
  readonly sent = new Map<string, CleanEvent[]>();
  broker!: Broker;
  store!: ProfileStore;

  async open(): Promise<this> {
    this.broker = await openEmbeddedBroker(join(this.#folder, 'log'), { pollMs: 10 });
    this.store = openLmdbProfileStore(join(this.#folder, 'profiles'));
    await this.createTopics();
    return this;
  }

  createTopics(): Promise<void> {
    return this.broker.createTopics(
      streams.map((stream) => ({ name: topics[stream], partitions: singles.has(stream) ? 1 : partitions })),
    );
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) await stop();
    await this.broker.close();
    await this.store.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** Starts an instance over these ports, or over others that stand in for them. */
  async service(
    more: {
      broker?: Broker;
      store?: ProfileStore;
      models?: ModelStore;
      env?: Record<string, string>;
      registry?: Registry;
      timing?: BackfillTiming;
    } = {},
  ) {
    const service = await start(config(more.env), {
      broker: more.broker ?? this.broker,
      store: more.store ?? this.store,
      models: more.models,
      ...(more.timing && { timing: more.timing }),
      telemetry: { logger: pino({ level: 'silent' }), registry: more.registry ?? new Registry() },
      clock: Date,
      onFatal: (error) => this.fatal.push(error),
    });
    this.#stops.push(() => service.stop());
    return service;
  }

  /** Sends events, several a record. */
  async send(events: readonly CleanEvent[], perRecord = 3): Promise<void> {
    for (let from = 0; from < events.length; from += perRecord) {
      const part = events.slice(from, from + perRecord);
      for (const event of part) this.sent.set(event.profile, [...(this.sent.get(event.profile) ?? []), event]);
      const byPartition = Map.groupBy(part, ({ profile }) => partitionOf(profile, partitions));
      for (const [partition, own] of byPartition)
        await this.sendLines(partition, own.map((event) => JSON.stringify(event)).join('\n'));
    }
  }

  async sendLines(partition: number, text: string): Promise<void> {
    const producer = await this.broker.producer();
    await producer.send(topics['events-clean'], [{ partition, value: Buffer.from(text) }]);
    await producer.close();
  }

  /** Records that no watermark covers yet. */
  async lag(store: ProfileStore = this.store): Promise<number> {
    let lag = 0;
    for (const { partition, high } of await this.broker.offsets(topics['events-clean']))
      lag += high - 1 - ((await store.read(tagOf(partition), [])).watermark?.offset ?? -1);
    return lag;
  }

  async deadLetters(): Promise<(DeadLetter & { key: string | null })[]> {
    const letters: (DeadLetter & { key: string | null })[] = [];
    for (const { partition, low, high } of await this.broker.offsets(topics['events-dead']))
      for await (const records of this.broker.read({ topic: topics['events-dead'], partition, from: low, to: high }))
        for (const { key, value } of records)
          letters.push({ ...(JSON.parse(Buffer.from(value!).toString()) as DeadLetter), key });
    return letters;
  }

  /** Profiles whose stored state is not what each id counted once makes. */
  async wrongProfiles(
    store: ProfileStore = this.store,
    compiled?: CompiledFeatures,
    slot: Slot = 0,
  ): Promise<string[]> {
    const wrong: string[] = [];
    for (const [profile, events] of this.sent) {
      const tag = statesTag(pipeline, partitionOf(profile, partitions), slot);
      const [stored] = await store.get([{ tag, profileId: profile }]);
      if (stored === undefined || !expectedState(events, compiled).equals(Buffer.from(stored))) wrong.push(profile);
    }
    return wrong;
  }
}

/** Counts each id once, in the order given. */
export function expectedState(
  events: readonly CleanEvent[],
  compiled = compileFeatures(spec.features, spec.events),
): Buffer {
  const once = new Map(events.toReversed().map((event) => [event.id, event]));
  const state = [...once.values()].reduce((sum, event) => updateProfile(compiled, sum, event), emptyProfile(compiled));
  return encodeProfile(compiled, state);
}

/** A store with some methods of its own. */
export function withStore(store: ProfileStore, changes: Partial<ProfileStore>): ProfileStore {
  return { ...store, ...changes };
}

/** A broker with some methods of its own. */
export function withBroker(broker: Broker, changes: Partial<Broker>): Broker {
  return {
    producer: () => broker.producer(),
    consume: (options) => broker.consume(options),
    follow: (options) => broker.follow(options),
    read: (range) => broker.read(range),
    createTopics: (settings) => broker.createTopics(settings),
    deleteTopics: (names) => broker.deleteTopics(names),
    offsets: (topic) => broker.offsets(topic),
    committed: (group, topic) => broker.committed(group, topic),
    close: () => broker.close(),
    ...changes,
  };
}
