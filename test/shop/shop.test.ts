/**
 * The shop's whole history through the real services on real Kafka and Redis, and five of its customers held against
 * figures worked out from the shop's own rows. LIKENESS_DATA names the folder of the full file.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { bodies } from '../../bench/load/events.ts';
import { postAll } from '../../bench/load/post.ts';
import { shopEvents } from '../../bench/shop.ts';
import { startStack, type Stack } from '../../bench/stack.ts';
import { readImportKey } from '../../operator/local/keys.ts';
import { unique } from '../testbed/unique.ts';
import { chooseCustomers, type Customer } from './customers.ts';
import { figuresOf } from './figures.ts';
import { historyFaults, type HistoryEntry } from './history.ts';
import { type Row, shopRows } from './rows.ts';

const patience = 1_800_000;
const hour = 3_600_000;
const kinds: readonly Customer['why'][] = ['heavy', 'light', 'returns', 'anonymous', 'oneDay'];

let stack: Stack;
let sent = 0;
const byProfile = new Map<string, Row[]>();
let customers: readonly Customer[];

beforeAll(async () => {
  const { source, rows } = shopRows(process.env['LIKENESS_DATA']);
  for await (const row of rows) {
    const own = byProfile.get(row.profile);
    if (own === undefined) byProfile.set(row.profile, [row]);
    else own.push(row);
  }
  customers = chooseCustomers(byProfile);
  const failed = Promise.withResolvers<never>();
  stack = await startStack({
    kafka: inject('kafka'),
    redis: inject('redis'),
    name: unique('shop'),
    port: 0,
    onFatal: failed.reject,
  });
  await Promise.race([failed.promise, sendAll(stack)]);
  await Promise.race([failed.promise, untilSettled(stack)]);
  const chosen = customers.map(({ why, profile, rows: own }) => `${why} ${profile} (${own.length})`).join(', ');
  console.log(`shop test: the ${source} file, ${sent} events, ${byProfile.size} profiles; customers ${chosen}`);
}, patience);

afterAll(() => stack?.stop());

/** In portions: the whole file as request bodies would fill the memory. */
async function sendAll({ backend, dataDir }: Stack): Promise<void> {
  const target = { url: backend.urls().ingest, connections: 4, key: readImportKey(dataDir) };
  let lines: string[] = [];
  const flush = async () => {
    await postAll({ ...target, bodies: bodies(lines, 500) });
    sent += lines.length;
    lines = [];
  };
  for await (const event of shopEvents(() => undefined).events) {
    lines.push(JSON.stringify(event));
    if (lines.length === 20_000) await flush();
  }
  await flush();
}

async function untilSettled({ backend }: Stack): Promise<void> {
  for (;;) {
    const { lag } = await backend.observe();
    if (lag.cleaner === 0 && lag.feature === 0) return;
    await sleep(500);
  }
}

interface Attribute {
  readonly value: unknown;
  readonly provenance: { readonly events: number };
}

async function attributesOf(profile: string, asOf: number): Promise<Record<string, Attribute>> {
  const { serving } = stack.backend.urls();
  const response = await fetch(`${serving}/v1/profiles/${profile}?asOf=${new Date(asOf).toISOString()}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { attributes: Record<string, Attribute> }).attributes;
}

/** Soon after, and on both sides of where the newest event leaves the windows of 30 days and of 30 times three days. */
function momentsAfter(newest: number): number[] {
  const leaves = [24 * hour, 72 * hour].map((pane) => (Math.floor(newest / pane) + 30) * pane);
  return [newest + 5 * hour, ...leaves.flatMap((moment) => [moment - 1, moment])];
}

/** The interests' scores are compared apart: two ways to work out a decay differ in the last digit. */
function checkAttributes(attributes: Record<string, Attribute>, rows: readonly Row[], asOf: number): void {
  const { interests, avgOrder, spend30d, ...exact } = figuresOf(rows, asOf);
  const value = (name: string): unknown => attributes[name]?.value;
  expect(Object.fromEntries(Object.keys(exact).map((name) => [name, value(name)]))).toEqual(exact);
  expect(value('spend30d')).toBeCloseTo(spend30d, 6);
  if (avgOrder === null) expect(value('avgOrder')).toBeNull();
  else expect(value('avgOrder')).toBeCloseTo(avgOrder, 6);
  const found = value('interests') as typeof interests;
  expect(found.map((interest) => interest.value)).toEqual(interests.map((interest) => interest.value));
  for (const [place, { score }] of interests.entries()) expect(found[place]!.score).toBeCloseTo(score, 5);
  expect(historyFaults(value('history') as HistoryEntry[], rows)).toEqual([]);
}

describe('the shop', () => {
  it('has a profile of every customer and of every anonymous invoice', async () => {
    const rows = [...byProfile.values()].reduce((sum, own) => sum + own.length, 0);
    expect(sent).toBe(rows);
    expect(await stack.backend.countProfiles()).toBe(byProfile.size);
  });

  it.each(kinds)('knows the %s customer as the rows do', async (why) => {
    const { profile, rows } = customers.find((customer) => customer.why === why)!;
    const newest = Math.max(...rows.map(({ time }) => time));
    for (const asOf of momentsAfter(newest)) {
      const attributes = await attributesOf(profile, asOf);
      checkAttributes(attributes, rows, asOf);
      expect(attributes['lastSeen']?.provenance.events).toBe(rows.length);
    }
  });
});
