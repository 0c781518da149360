/**
 * Skew on a running pipeline: what serving gave the model is what the trainer computes from the log at the same watermarks;
 * and where serving computes one kind of feature otherwise, the next training says so, and names it.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { replayFile } from '../../cli/replay.ts';
import { type LaunchedPipeline, launchPipeline } from '../../cli/up.ts';
import { readImportKey } from '../../operator/local/keys.ts';
import type { SentEvent } from '../../services/shared/event.ts';
import { sequence } from '../../services/shared/profile/kinds/sequence.ts';

const patience = 300_000;
const minute = 60_000;
const start = Date.UTC(2026, 0, 1);
const people = 40;

const spec = `
apiVersion: likeness.dev/v1alpha1
kind: ProfilePipeline
metadata: {name: skewed}
spec:
  preset: none
  events: [{name: view}, {name: purchase}]
  features:
  - {name: history, sequence: {events: [view, purchase], length: 5}}
  models:
  - {name: next, recommend: {history: history, target: [purchase]}}
  training:
    minEvents: 100
    skew: {sample: "1"}
    retrain: {growth: "1.05", cooldown: 1s, maxPerDay: 96}
`;

let folder: string;
let data: string;
let round = 0;
let pipeline: LaunchedPipeline | undefined;

const launch = async (): Promise<void> => {
  pipeline = await launchPipeline({ spec: join(folder, 'spec.yaml'), data, port: 0, logLevel: 'warn' });
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-skew-'));
  data = join(folder, 'data');
  writeFileSync(join(folder, 'spec.yaml'), spec);
  await launch();
});
afterAll(async () => {
  await pipeline?.stop();
  rmSync(folder, { recursive: true });
});

/** Everyone walks on; every fourth comes first as a visitor, and says at the end of the round who they are. */
function* walk(): Generator<SentEvent> {
  for (let person = 0; person < people; person++) {
    const userId = `u-${person}`;
    const anonymousId = `v-${round}-${person}`;
    const isVisitor = person % 4 === 0;
    const event = (at: number, type: string, who: Partial<SentEvent>): SentEvent => {
      const time = new Date(start + (round * people + person) * minute + at * 1000).toISOString();
      return { id: `${round}-${person}-${at}`, type, time, itemId: `i-${(person + round + at) % 10}`, ...who };
    };
    yield event(0, 'view', isVisitor ? { anonymousId } : { userId });
    yield event(1, 'purchase', isVisitor ? { anonymousId } : { userId });
    if (isVisitor) yield { ...event(2, 'identify', { userId, anonymousId }), itemId: null };
  }
  round++;
}

/** Sends a round, and meanwhile asks for everyone. */
async function sendAndAsk(): Promise<void> {
  const url = pipeline!.backend.urls().serving;
  const file = join(folder, 'round.jsonl');
  writeFileSync(file, Array.from(walk(), (event) => JSON.stringify(event)).join('\n'));
  const sending = replayFile({ file, to: url, key: readImportKey(data) });
  for (let person = 0; person < people; person++) await fetch(`${url}/v1/recommendations/u-${person}`);
  await sending;
}

interface Manifest {
  readonly trainedAt: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly report: Readonly<Record<string, unknown>>;
}

/** Of trainings that have found so many answers to compute again, the newest. */
function measured(atLeast: number, since: string): Manifest | undefined {
  const models = join(data, 'models');
  if (!existsSync(models)) return undefined;
  return readdirSync(models)
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(models, name, 'manifest.json'), 'utf8')) as Manifest)
    .filter(({ report, trainedAt }) => Number(report['skewVectors']) >= atLeast && trainedAt > since)
    .toSorted((a, b) => (a.trainedAt < b.trainedAt ? -1 : 1))
    .at(-1);
}

async function untilMeasured(atLeast: number, since = ''): Promise<Manifest> {
  for (;;) {
    await sendAndAsk();
    const manifest = measured(atLeast, since);
    if (manifest) return manifest;
    // Trainings want the processor too.
    await sleep(500);
  }
}

it(
  'is 0 while serving and training run the same code, and above 0 where serving computes a kind otherwise',
  async () => {
    const first = await untilMeasured(50);
    expect(first.metrics['skew']).toBe(0);
    expect(first.report).toMatchObject({ skewUnchecked: 0, skewMaxDifference: 0 });
    await pipeline!.stop();
    pipeline = undefined;

    // Services run in this process; the trainer is one of its own, and computes what the definition says.
    const whole = { ...sequence };
    const compile: (typeof sequence)['compile'] = (definition, context) => {
      const kind = whole.compile(definition, context);
      return { ...kind, value: (...args) => (kind.value(...args) as unknown[]).slice(1) };
    };
    Object.assign(sequence, { compile });
    try {
      await launch();
      const answers = Number(first.report['skewVectors']);
      const second = await untilMeasured(answers + 20, first.trainedAt);
      expect(second.metrics['skew']).toBeGreaterThan(0);
      expect(second.report['skewWorst']).toBe('history');
    } finally {
      Object.assign(sequence, whole);
    }
  },
  patience,
);
