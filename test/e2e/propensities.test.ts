/**
 * A pipeline with a model that classifies: events go in, the trainer's process makes a candidate, the gate's process judges
 * it, and a calibrated probability comes out. On a laptop, and with Kafka, Redis and a process for each service.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { replayFile } from '../../cli/replay.ts';
import { type LaunchedPipeline, launchPipeline } from '../../cli/up.ts';
import { readImportKey } from '../../operator/local/keys.ts';
import type { SentEvent } from '../../services/shared/event.ts';
import { unique } from '../testbed/unique.ts';
import { lastJson, likeness } from './command.ts';

const patience = 120_000;
const minute = 60_000;
const start = Date.UTC(2026, 0, 1);

const specOf = (name: string): string => `
apiVersion: likeness.dev/v1alpha1
kind: ProfilePipeline
metadata: {name: ${name}}
spec:
  preset: none
  events: [{name: view}, {name: cart}, {name: purchase}]
  features:
  - {name: views1h, count: {events: [view], window: 1h}}
  - {name: carts1h, count: {events: [cart], window: 1h}}
  - {name: purchases1h, count: {events: [purchase], window: 1h}}
  models:
  - name: buys-soon
    classify: {label: {events: [purchase], within: 10m}, kind: Linear}
  training: {minEvents: 500}
`;

let folder: string;
let data: string;
let pipeline: LaunchedPipeline;

/** Sixty visitors come again and again: who puts something into the cart buys within minutes, most others do not. */
function* visits(): Generator<SentEvent> {
  let id = 0;
  for (let round = 0; round < 10; round++)
    for (let visitor = 0; visitor < 60; visitor++) {
      const from = start + (round * 60 + visitor) * 3 * minute;
      const wants = (visitor * 7 + round * 3) % 10;
      const event = (type: string, after: number): SentEvent => {
        const time = new Date(from + after * minute).toISOString();
        return { id: `e-${id++}`, type, userId: `u-${visitor}`, itemId: 'mug', time };
      };
      yield event('view', 0);
      if (wants < 4) yield event('cart', 2);
      if (wants < 3 || wants === 9) yield event('purchase', 5);
    }
}

async function launch(more: object): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'likeness-propensities-'));
  data = join(folder, 'data');
  const [specFile, events] = ['spec.yaml', 'events.jsonl'].map((name) => join(folder, name));
  writeFileSync(specFile!, specOf(unique('tills')));
  const lines = Array.from(visits(), (event) => JSON.stringify(event));
  writeFileSync(events!, lines.toSorted((a, b) => timeOf(a) - timeOf(b)).join('\n'));
  pipeline = await launchPipeline({ spec: specFile!, data, port: 0, logLevel: 'info', ...more });
  await replayFile({ file: events!, to: pipeline.backend.urls().ingest, key: readImportKey(data) });
}

const timeOf = (line: string): number => Date.parse((JSON.parse(line) as SentEvent).time);

afterEach(async () => {
  await pipeline?.stop();
  rmSync(folder, { recursive: true });
});

interface Propensities {
  readonly propensities: readonly { readonly probability: number; readonly model: { readonly version: string } }[];
}

/** Undefined: there is no answer yet, or nobody who answers. */
async function ask(profile: string): Promise<Propensities | undefined> {
  const url = `${pipeline.backend.urls().serving}/v1/profiles/${profile}/propensities`;
  const response = await fetch(url).catch(() => undefined);
  return response?.status === 200 ? ((await response.json()) as Propensities) : undefined;
}

interface Stored {
  readonly digest: string;
  readonly version: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly twin?: object;
}

/** Without twins, which never serve. */
function storedModels(): Stored[] {
  const models = join(data, 'models');
  const digests = readdirSync(models).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const manifests = digests.map((digest): Stored => {
    const manifest = JSON.parse(readFileSync(join(models, digest, 'manifest.json'), 'utf8')) as Omit<Stored, 'digest'>;
    return { ...manifest, digest };
  });
  return manifests.filter(({ twin }) => twin);
}

describe.each([
  ['on a laptop', () => ({})],
  ['on Kafka and Redis', () => ({ kafka: inject('kafka'), redis: inject('redis'), processes: true })],
])('a pipeline %s', (_, settings) => {
  it(
    'says how likely a purchase is, by a model that anyone can look into',
    async () => {
      await launch(settings());
      let answer = await ask('u-1');
      for (; answer === undefined; answer = await ask('u-1')) await sleep(200);
      const [propensity] = answer.propensities;
      expect(propensity!.probability).toBeGreaterThan(0);
      expect(propensity!.probability).toBeLessThan(1);
      expect(propensity).toMatchObject({
        events: ['purchase'],
        within: '10m',
        model: { name: 'buys-soon', kind: 'linear', generation: 1 },
      });

      const served = storedModels().find(({ version }) => version === propensity!.model.version);
      expect(served!.metrics['rocAuc']).toBeGreaterThan(0.7);
      const judged = readFileSync(join(data, 'logs', 'gate.log'), 'utf8');
      expect(judged).toMatch(
        /its log loss is 0\.\d+ and its ROC-AUC 0\.\d+ over \d+ examples; no model was in service/,
      );

      const explained = await likeness('explain-model', 'buys-soon', '--data', data, '--json').ended;
      expect(explained.code).toBe(0);
      const { digest, ...told } = lastJson<{ digest: string }>(explained);
      expect(told).toMatchObject({ name: 'buys-soon', kind: 'linear' });
      expect(storedModels().map((stored) => stored.digest)).toContain(digest);
    },
    patience,
  );
});
