/** Trainer, gate, promotion and serving of a small shop in one process, over a real log and artifacts on disk. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { promotionSchema } from '../../crds/promotion.ts';
import type { ModelStatus } from '../../crds/status.ts';
import { startActivation } from '../../operator/local/activation.ts';
import { driftReportIn } from '../../operator/local/drift-report.ts';
import { scrapeFigures } from '../../operator/local/trial-figures.ts';
import { trialQualityIn } from '../../operator/trial-quality.ts';
import { parseConfig as parseFeature } from '../../services/feature/config.ts';
import { start as startFeature } from '../../services/feature/service.ts';
import { parseConfig as parseServing } from '../../services/serving/config.ts';
import { start as startServing } from '../../services/serving/service.ts';
import { DirectoryModelStore } from '../../services/shared/adapters/directory-model-store.ts';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import { serveHttp } from '../../services/shared/adapters/http.ts';
import { openLmdbProfileStore } from '../../services/shared/adapters/lmdb-profile-store.ts';
import { createTelemetry } from '../../services/shared/adapters/telemetry.ts';
import type { CleanEvent } from '../../services/shared/event.ts';
import { invertHere } from '../../services/shared/learning/ease.ts';
import { generateSigningKey } from '../../services/shared/learning/signing.ts';
import { readModelMessage, type ModelMessage } from '../../services/shared/model-messages.ts';
import {
  activeKey,
  candidateKey,
  gateKey,
  type ActiveMessage,
  type CandidateMessage,
} from '../../services/shared/model-stream.ts';
import { packLines } from '../../services/shared/record.ts';
import { streams } from '../../services/shared/streams.ts';
import type { TrialFigures } from '../../services/shared/trial-figures.ts';
import { parseConfig as parseTrainer } from '../../services/trainer/config.ts';
import { parseConfig as parseGate } from '../../services/trainer/gate/config.ts';
import { run as judge } from '../../services/trainer/gate/service.ts';
import { run as train } from '../../services/trainer/service.ts';

const topics = Object.fromEntries(streams.map((stream) => [stream, `default.shop.${stream}.e1`]));
const events = [{ name: 'view' }, { name: 'cart' }, { name: 'purchase' }];
/** A shop whose model foresees the next purchase. */
const recommending = {
  events,
  features: [{ name: 'history', sequence: { events: ['purchase'], length: 50 } }],
  models: [{ name: 'next-item', recommend: { history: 'history', target: ['purchase'] } }],
};
/** Tills whose model says how likely a purchase is within ten minutes. */
export const classifying = {
  events,
  features: ['view', 'cart', 'purchase'].map((type) => ({
    name: `${type}s1h`,
    count: { events: [type], window: '1h' },
  })),
  models: [{ name: 'buys-soon', classify: { label: { events: ['purchase'], within: '10m' }, kind: 'Linear' } }],
};
const keys = generateSigningKey();
export const signingKey: KeyObject = createPrivateKey(keys.privatePem);
const trustedKeys = [createPublicKey(keys.publicPem)];

export interface GateWorldOptions {
  /** Default: a model that recommends. */
  readonly spec?: { readonly models: readonly { readonly name: string }[] };
  /** Events become profiles too, and both models are asked of each what comes next. */
  readonly watches?: boolean;
  readonly promotion?: object;
  /** What serving's counts are changed to before they are looked at. */
  readonly tamper?: (figures: TrialFigures) => TrialFigures;
}

export type GateWorld = Awaited<ReturnType<typeof startGateWorld>>;

/** What one look of the gate has that others have not. */
export interface Look {
  readonly env?: Readonly<Record<string, string>>;
  readonly promotion?: object;
  /** Whatever it is, it passes. */
  readonly passes?: boolean;
  /** The gate's clock of durations. */
  readonly now?: () => number;
}

export async function startGateWorld({
  promotion = {},
  tamper = (figures) => figures,
  spec = recommending,
  watches = false,
}: GateWorldOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-gate-'));
  writeFileSync(join(folder, 'trusted.pem'), keys.publicPem);
  const broker = await openEmbeddedBroker(join(folder, 'log'));
  await broker.createTopics(
    streams.map((stream) => ({ name: topics[stream]!, partitions: 1, compacted: stream === 'models' })),
  );
  const profiles = openLmdbProfileStore(join(folder, 'profiles'));
  const models = new DirectoryModelStore(join(folder, 'models'));
  const fatal: unknown[] = [];
  const onFatal = (error: unknown): void => void fatal.push(error);
  const env = (more: object = {}): Record<string, string> => ({
    LIKENESS_PIPELINE: 'shop',
    LIKENESS_PARTITIONS: '1',
    LIKENESS_TOPICS: JSON.stringify(topics),
    LIKENESS_TRUSTED_KEYS: join(folder, 'trusted.pem'),
    LIKENESS_RUN_ID: 'run',
    LIKENESS_SIGNING_KEY: 'unused',
    LIKENESS_SPEC: JSON.stringify({ ...spec, ...more }),
  });
  const telemetry = () => createTelemetry('gate', 'silent');
  const served = telemetry();
  const serving = await startServing(parseServing(env()), {
    broker,
    store: profiles,
    models,
    telemetry: served,
    clock: Date,
    onFatal,
  });
  const http = await serveHttp({ host: '127.0.0.1', port: 0, services: [serving], telemetry: served });
  const figuresOf = async ({ model, generation }: ActiveMessage): Promise<TrialFigures | undefined> => {
    const figures = await scrapeFigures([`http://127.0.0.1:${http.port}/metrics`], model, generation);
    return figures && tamper(figures);
  };
  const driftFile = join(folder, 'drift.json');
  const watch = { models: spec.models, sampleShare: '1' };
  const feature = watches
    ? await startFeature(
        parseFeature({
          ...env(),
          LIKENESS_GROUP: 'feature',
          LIKENESS_MONITOR_GROUP: 'monitor',
          LIKENESS_DRIFT_FILE: driftFile,
          LIKENESS_SPEC: JSON.stringify({ events, features: recommending.features, watch }),
        }),
        { broker, store: profiles, models, telemetry: telemetry(), clock: Date, onFatal },
      )
    : undefined;
  const remembered: { models: readonly ModelStatus[] } = { models: [] };
  let look: Look = {};
  const activation = await startActivation({
    broker,
    topic: topics['models']!,
    models: spec.models,
    promotion: promotionSchema.parse(promotion),
    memory: {
      load: () => ({ ...(remembered.models[0] && { model: remembered.models[0] }) }),
      save: (saved) => void (remembered.models = saved),
      wish: () => undefined,
    },
    judge: async (request) => {
      const { runId, digest } = request;
      if (look.passes) {
        const said = {
          verdict: 'Passed',
          reasons: ['so it was told'],
          figures: {},
          judgedAt: new Date().toISOString(),
        };
        const message = { kind: 'gate', version: 'any', ...request, ...said };
        await send('models', gateKey(runId), [Buffer.from(JSON.stringify(message))]);
        return 0;
      }
      const asked = { LIKENESS_GATE_RUN: runId, LIKENESS_GATE_DIGEST: digest, ...look.env };
      const config = parseGate({ ...env({ training: { promotion: look.promotion ?? {} } }), ...asked });
      const now = look.now ?? (() => performance.now());
      await judge(config, { broker, models, trustedKeys, clock: Date, now, telemetry: telemetry() });
      return 0;
    },
    figuresOf,
    qualityOf: (trial) => trialQualityIn(driftReportIn(driftFile), trial),
    logger: pino({ enabled: false }),
    clock: Date,
    onFatal,
  });

  async function send(
    stream: 'events-clean' | 'models',
    key: string | null,
    values: readonly Uint8Array[],
  ): Promise<void> {
    const producer = await broker.producer();
    await producer.send(
      topics[stream]!,
      values.map((value) => ({ partition: 0, key, value })),
    );
    await producer.close();
  }

  return {
    folder,
    models,
    fatal,
    activation,
    write: (written: readonly CleanEvent[]) =>
      send('events-clean', null, packLines(written.map((event) => JSON.stringify(event)))),
    announce: (message: CandidateMessage) =>
      send('models', candidateKey(message.runId), [Buffer.from(JSON.stringify(message))]),
    announceActive: (message: ActiveMessage) =>
      send('models', activeKey(message.model), [Buffer.from(JSON.stringify(message))]),
    /** The real trainer, to its candidate. */
    async train(runId: string): Promise<CandidateMessage> {
      const deps = { broker, models, signingKey, inverter: invertHere, clock: Date, telemetry: telemetry() };
      const config = parseTrainer({ ...env({ training: { minEvents: 100 } }), LIKENESS_RUN_ID: runId });
      return (await train(config, deps))[0]!;
    },
    /** From now on the gate looks so. */
    lookWith: (next: Look) => void (look = next),
    /** A refusal is forgotten, so that a third one does not hold what follows. */
    forgive: () => void (remembered.models = remembered.models.map((model) => ({ ...model, refusals: 0 }))),
    async messages(): Promise<ModelMessage[]> {
      const found: ModelMessage[] = [];
      const [{ low, high } = { low: 0, high: 0 }] = await broker.offsets(topics['models']!);
      for await (const records of broker.read({ topic: topics['models']!, partition: 0, from: low, to: high }))
        for (const record of records)
          found.push(...[readModelMessage(record)].filter((message) => message !== undefined));
      return found;
    },
    /** Version that serving answers with; undefined: none. */
    async served(userId = 'u1'): Promise<string | undefined> {
      const response = await fetch(`http://127.0.0.1:${http.port}/v1/recommendations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ userId, n: 3 }),
      });
      const answer = (await response.json()) as { model?: { version: string } };
      return answer.model?.version;
    },
    async stop(): Promise<void> {
      await activation.close();
      await http.close();
      await serving.stop();
      await feature?.stop();
      await broker.close();
      await profiles.close();
      rmSync(folder, { recursive: true });
    },
  };
}
