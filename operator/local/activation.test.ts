/** Promotion on a laptop: gate, trial, alarm and wish, over a real log, with the gate's process played. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { promotionSchema } from '../../crds/promotion.ts';
import { openEmbeddedBroker } from '../../services/shared/adapters/embedded-broker.ts';
import type { Broker } from '../../services/shared/broker.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import {
  candidateKey,
  gateKey,
  type ActiveMessage,
  type CandidateMessage,
  type GateMessage,
} from '../../services/shared/model-stream.ts';
import type { ArmFigures, TrialFigures, TrialQuality } from '../../services/shared/trial-figures.ts';
import type { GateRequest } from '../gate.ts';
import { startActivation, type ActivationOptions } from './activation.ts';
import { askToPromote, openPromotionMemory } from './promotion-memory.ts';

const topic = 'models';
let folder: string;
let broker: Broker;
let verdicts: Record<string, GateMessage['verdict'] | 'failed'>;
let asked: GateRequest[];
let figures: Partial<TrialFigures> | undefined;
let quality: TrialQuality | undefined;
const fatal: unknown[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-activation-'));
  broker = await openEmbeddedBroker(folder);
  await broker.createTopics([{ name: topic, partitions: 1 }]);
  [verdicts, asked, figures, quality] = [{}, [], undefined, undefined];
  fatal.length = 0;
});
afterEach(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
  expect(fatal).toEqual([]);
});

async function send(key: string, message: object): Promise<void> {
  const producer = await broker.producer();
  await producer.send(topic, [{ partition: 0, key, value: Buffer.from(JSON.stringify(message)) }]);
  await producer.close();
}

const candidate = (name: string): CandidateMessage => ({
  kind: 'candidate',
  runId: `run-${name}`,
  model: 'next-item',
  version: name,
  digest: `sha-${name}`,
  trainedAt: new Date().toISOString(),
  events: 1,
  metrics: {},
});
const announce = (name: string) => send(candidateKey(`run-${name}`), candidate(name));

async function judge(request: GateRequest): Promise<number> {
  asked.push(request);
  const verdict = verdicts[request.runId] ?? 'Passed';
  if (verdict === 'failed') return 1;
  const said = { verdict, reasons: ['as it was told'], figures: {}, judgedAt: new Date().toISOString() };
  await send(gateKey(request.runId), { kind: 'gate', version: request.runId.slice(4), ...request, ...said });
  return 0;
}

const start = (promotion: object = {}, more: Partial<ActivationOptions> = {}) =>
  startActivation({
    broker,
    topic,
    models: [{ name: 'next-item' }],
    promotion: promotionSchema.parse(promotion),
    memory: openPromotionMemory(folder),
    judge,
    figuresOf: async (trial) => figures && ({ ...figures, generation: trial.generation } as TrialFigures),
    qualityOf: () => quality,
    logger: pino({ enabled: false }),
    clock: Date,
    onFatal: (error) => void fatal.push(error),
    ...more,
  });

async function actives(): Promise<string[]> {
  const found: ActiveMessage[] = [];
  const { low, high } = (await broker.offsets(topic))[0]!;
  for await (const records of broker.read({ topic, partition: 0, from: low, to: high }))
    for (const { value } of records) found.push(JSON.parse(Buffer.from(value!).toString()) as ActiveMessage);
  return found
    .filter(({ kind }) => kind === 'active')
    .map(({ version, generation, canaryPercent }) => `${version} ${generation} ${canaryPercent}%`);
}

const seen = (expected: string[]) => vi.waitFor(async () => expect(await actives()).toEqual(expected), 5000);
const inService = { canaryPercent: 100 };

it('puts the first model into service at once, the next one on trial, and then into service', async () => {
  const activation = await start({ canaryPercent: 20, bakeTime: '1s', minAnswers: 10 });
  await announce('a');
  await seen(['a 1 100%']);
  await announce('b');
  await seen(['a 1 100%', 'b 2 20%']);
  const arm = (answers: number): ArmFigures => ({ answers, errors: 0, seconds: [answers] });
  figures = { model: 'next-item', canary: arm(9), stable: arm(50) };
  const waits = /its bakeTime was over at .*, but 10 answers or questions \(minAnswers\) are awaited/;
  await vi.waitFor(() => expect(activation.models()[0]!.message).toMatch(waits), 5000);
  expect(await actives()).toEqual(['a 1 100%', 'b 2 20%']);
  figures = { model: 'next-item', canary: arm(10), stable: arm(50) };
  await seen(['a 1 100%', 'b 2 20%', 'b 3 100%']);
  await activation.close();
  expect(asked.map(({ runId, against }) => [runId, against])).toEqual([
    ['run-a', null],
    ['run-b', 'sha-a'],
  ]);
});

it('leaves what is in service alone when the gate refuses, and remembers that over restarts', async () => {
  let activation = await start(inService);
  await announce('a');
  await seen(['a 1 100%']);
  for (const name of ['b', 'c', 'd']) {
    verdicts[`run-${name}`] = 'Refused';
    await announce(name);
    await vi.waitFor(() => expect(activation.models()[0]!.lastRefusal).toContain(`${name} was refused`), 5000);
    await activation.close();
    activation = await start(inService);
  }
  await vi.waitFor(() => expect(activation.models()[0]).toMatchObject({ phase: 'Held', refusals: 3 }), 5000);
  await announce('e');
  askToPromote(folder, 'c', Date.now());
  await seen(['a 1 100%', 'c 2 100%']);
  await activation.close();
  expect(asked.map(({ runId }) => runId)).toEqual(['run-a', 'run-b', 'run-c', 'run-d']);
});

it('takes a model on trial back at an alarm', async () => {
  const activation = await start({ canaryPercent: 50, bakeTime: '1h' });
  await announce('a');
  await seen(['a 1 100%']);
  await announce('b');
  await seen(['a 1 100%', 'b 2 50%']);
  const arm = (errors: number): ArmFigures => ({ answers: 100, errors, seconds: [100] });
  figures = { model: 'next-item', canary: arm(40), stable: arm(0) };
  await seen(['a 1 100%', 'b 2 50%', 'a 3 100%']);
  expect(activation.models()[0]!.lastRefusal ?? '').toContain('40.0% of its 100 answers failed');
  await activation.close();
});

it('takes a model on trial back for its quality', async () => {
  const activation = await start({ canaryPercent: 50, bakeTime: '1h' });
  await announce('a');
  await seen(['a 1 100%']);
  await announce('b');
  await seen(['a 1 100%', 'b 2 50%']);
  const arm = (version: string, hits: number) => ({ version, questions: 300, hits });
  quality = { canary: arm('b', 30), stable: arm('a', 90) };
  await seen(['a 1 100%', 'b 2 50%', 'a 3 100%']);
  expect(activation.models()[0]!.lastRefusal ?? '').toContain('foresaw 10.0% of 300 next items');
  await activation.close();
});

it('asks the gate again after it has failed, and the broker after it was away', async () => {
  verdicts['run-a'] = 'failed';
  const away = new LikenessError('BrokerUnavailable', 'away', { retryable: true });
  const failing = await broker.producer();
  const sends = vi.fn(failing.send.bind(failing)).mockRejectedValueOnce(away);
  vi.spyOn(broker, 'producer').mockResolvedValueOnce({ send: sends, close: () => failing.close() });
  let now = Date.now();
  const activation = await start({}, { clock: { now: () => now } });
  await announce('a');
  await vi.waitFor(() => expect(asked).toHaveLength(1), 5000);
  delete verdicts['run-a'];
  now += 6000;
  await seen(['a 1 100%']);
  expect(asked).toHaveLength(2);
  expect(sends).toHaveBeenCalledTimes(2);
  await activation.close();
});
