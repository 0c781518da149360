import { describe, expect, it } from 'vitest';
import { generateTraffic, type Traffic } from './generate.ts';
import { refusalOf } from './oracle/verdict.ts';
import { createRandom } from './random.ts';
import { createSchedule } from './schedule.ts';

const startAt = Date.parse('2026-03-01T23:58:00.000Z');
const generate = (seed: number): Traffic =>
  generateTraffic({ events: 20_000, startAt, durationMs: 150_000 }, createRandom(seed));
const minute = 60_000;

describe('the traffic', () => {
  const traffic = generate(7);
  const share = (count: number): number => count / traffic.ledger.length;

  it('is the same for the same seed, and another for another', () => {
    expect(generate(7).requests).toEqual(traffic.requests);
    expect(generate(8).requests).not.toEqual(traffic.requests);
  });

  it('has each event in a request, and a tenth of them in two', () => {
    const sendings = traffic.requests.flatMap(({ ids }) => ids);
    expect(new Set(sendings)).toEqual(new Set(traffic.ledger.map(({ event }) => event.id)));
    expect(share(sendings.length)).toBeCloseTo(1.1, 2);
  });

  it('is out of order', () => {
    const order = traffic.requests.flatMap(({ ids }) => ids.map((id) => Number(id.slice(2))));
    const backwards = order.filter((place, index) => index > 0 && place < order[index - 1]!);
    expect(share(backwards.length)).toBeGreaterThan(0.2);
  });

  it('has its links, lateness and imports in the promised shares', () => {
    const lateBy = traffic.ledger
      .filter(({ imported }) => !imported)
      .map(({ event, dueAt }) => dueAt - Date.parse(event.time));
    expect(share(lateBy.filter((ms) => ms > 35 * minute && ms < 60 * minute).length)).toBeCloseTo(0.03, 2);
    expect(share(lateBy.filter((ms) => ms > 60 * minute).length)).toBeCloseTo(0.02, 2);
    const links = traffic.ledger.filter(({ event }) => event.type === 'identify' || event.type === 'alias');
    expect(share(links.length)).toBeCloseTo(0.05, 2);
    expect(share(traffic.ledger.filter(({ imported }) => imported).length)).toBeCloseTo(0.03, 2);
  });

  it('keeps ten minutes away from every bound', () => {
    for (const { event, dueAt, imported } of traffic.ledger) {
      const ahead = Date.parse(event.time) - dueAt;
      // Repeats and retries arrive up to some minutes after they are due.
      if (!imported) expect(Math.abs(ahead + 60 * minute)).toBeGreaterThan(14 * minute);
      expect(Math.abs(ahead - 5 * minute)).toBeGreaterThanOrEqual(10 * minute);
    }
  });

  it('holds every reason of refusal but Drop', () => {
    const reasons = new Set(traffic.ledger.map(refusalOf));
    expect([...reasons].filter((reason) => reason !== undefined).toSorted()).toEqual([
      'Bot',
      'FutureTime',
      'MissingField',
      'RuleMatched',
      'TooLate',
      'UnknownEventType',
      'UnknownUnit',
      'ValueOutOfRange',
    ]);
  });
});

it('the schedule has every fault once, in order, within the time of sending', () => {
  const setting = { durationMs: 140_000, sessionTimeoutMs: 3000, processes: 6, features: 2 };
  const faults = createSchedule({ kills: 10, pauses: 3, redisKills: 1 }, setting, createRandom(1));
  const count = (kind: string) => faults.filter((fault) => fault.kind === kind).length;
  expect([count('kill'), count('pause'), count('redis')]).toEqual([10, 3, 1]);
  expect(faults.map(({ atMs }) => atMs)).toEqual(faults.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
  for (const fault of faults) {
    expect(fault.atMs).toBeLessThan(140_000);
    if (fault.kind === 'pause') expect(fault.pauseMs).toBeGreaterThan(3000);
    if (fault.kind === 'redis') expect(fault.cutBytes).toBeLessThanOrEqual(200 * 1024);
  }
});
