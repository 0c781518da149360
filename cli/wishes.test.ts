/** With `--data`, `likeness retrain` and `likeness promote` write into a data folder what the pipeline there reads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ModelStatus } from '../crds/status.ts';
import { openPromotionMemory } from '../operator/local/promotion-memory.ts';
import { trainingWish } from '../operator/local/training-wish.ts';
import { promote, retrain } from './wishes.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const printed: string[] = [];
const terminal = { print: (text: string) => void printed.push(text), note: () => undefined, status: () => undefined };
let data: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'likeness-wishes-'));
  const pipeline = { namespace: 'default', name: 'shop', epoch: 1 };
  writeFileSync(join(data, 'pipeline.json'), JSON.stringify({ pipeline }));
  printed.length = 0;
});
afterEach(() => rmSync(data, { recursive: true }));

const model = (name: string, candidate?: string): ModelStatus => {
  const found = candidate === undefined ? {} : { candidate: { version: candidate, digest: candidate } };
  return { name, phase: 'AwaitingApproval', ...found };
};
const wish = () => openPromotionMemory(data).wish();

const here = (more: object = {}) => ({ data, now, version: '0.1.0', ...more });

it('asks for a training with the moment of asking', async () => {
  expect(trainingWish(data)).toBeUndefined();
  expect(await retrain('shop', here(), terminal)).toBe(0);
  expect(trainingWish(data)).toBe('2026-01-01T00:00:00.000Z');
  expect(printed[0]).toContain('A training of shop is asked for');
});

it('asks for the version that is named, or for the only candidate', async () => {
  expect(await promote('shop', here({ modelVersion: 'm-1' }), terminal)).toBe(0);
  expect(wish()).toBe('m-1@2026-01-01T00:00:00.000Z');
  await expect(promote('shop', here(), terminal)).rejects.toThrow(/There is no candidate.*shop VERSION/);
  openPromotionMemory(data).save([model('a'), model('b', 'm-2')]);
  await promote('shop', here({ now: now + 1 }), terminal);
  expect(wish()).toBe('m-2@2026-01-01T00:00:00.001Z');
  openPromotionMemory(data).save([model('a', 'm-3'), model('b', 'm-2')]);
  await expect(promote('shop', here(), terminal)).rejects.toThrow(/several candidates: m-3, m-2/);
});

it.each([retrain, promote])("refuses another pipeline's folder, and one in which nothing has run", async (ask) => {
  await expect(ask('other', here(), terminal)).rejects.toThrow(/is the data folder of shop, not of other/);
  await expect(ask('shop', here({ data: join(data, 'none') }), terminal)).rejects.toThrow(/No pipeline has run in/);
  expect([wish(), trainingWish(data)]).toEqual([undefined, undefined]);
});
