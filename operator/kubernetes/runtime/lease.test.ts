import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { FakeLeases } from '../../../test/kubernetes/runtime/fake-leases.ts';
import { FakeTiming } from '../../../test/kubernetes/runtime/fake-timing.ts';
import { loggedLines, valuesOf } from '../../../test/kubernetes/runtime/world.ts';
import { Elector, type ElectorOptions } from './lease.ts';
import { createRuntimeMetrics } from './metrics.ts';

interface Candidate {
  readonly elector: Elector;
  readonly trouble: { delayMs: number; failing: boolean };
  readonly lost: string[];
  readonly registry: Registry;
  readonly lines: Record<string, unknown>[];
}

function world() {
  const timing = new FakeTiming();
  const leases = new FakeLeases(timing);
  const candidate = (identity: string, options: Partial<ElectorOptions> = {}): Candidate => {
    const trouble = { delayMs: 0, failing: false };
    const registry = new Registry();
    const { lines, logger } = loggedLines();
    const lost: string[] = [];
    const elector = new Elector({
      api: leases.client(trouble),
      namespace: 'system',
      name: 'operator',
      identity,
      timing,
      logger,
      metrics: createRuntimeMetrics(registry),
      onLost: (reason) => void lost.push(reason),
      ...options,
    });
    elector.start();
    return { elector, trouble, lost, registry, lines };
  };
  return { timing, leases, candidate };
}

describe('one candidate', () => {
  it('makes the lease and renews it every 2 s with one request each', async () => {
    const { timing, leases, candidate } = world();
    const { elector, registry } = candidate('a');
    await timing.advance(0);
    await elector.whenLeading();
    expect(leases.stored).toMatchObject({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'operator', namespace: 'system' },
      spec: {
        holderIdentity: 'a',
        leaseDurationSeconds: 15,
        leaseTransitions: 0,
        acquireTime: '2026-01-01T00:00:00.000000Z',
      },
    });
    expect(await valuesOf(registry, 'leader_election_master_status')).toEqual({ operator: 1 });
    await timing.advance(20_000);
    expect(leases.writes).toBe(11);
    expect(leases.reads).toBe(1);
    expect(leases.stored!.spec).toMatchObject({
      renewTime: '2026-01-01T00:00:20.000000Z',
      acquireTime: '2026-01-01T00:00:00.000000Z',
    });
    await timing.until(elector.stop());
    expect(timing.pending).toBe(0);
  });

  it('leads on after it lost its own lease object, or found it touched by somebody', async () => {
    const { timing, leases, candidate } = world();
    const { elector, lost } = candidate('a');
    await timing.advance(1);
    leases.stored = {
      ...leases.stored!,
      metadata: { ...leases.stored!.metadata, resourceVersion: '99', labels: { touched: 'yes' } },
    };
    await timing.advance(4_000);
    expect(leases.stored!.metadata.labels).toEqual({ touched: 'yes' });
    expect(leases.stored!.spec!.renewTime).toBe('2026-01-01T00:00:04.000000Z');
    leases.stored = undefined;
    await timing.advance(4_000);
    expect(leases.stored!.spec!.holderIdentity).toBe('a');
    expect(elector.isLeading()).toBe(true);
    expect(lost).toEqual([]);
    await timing.until(elector.stop());
  });

  it('gives up when it could not renew for 10 s, whether requests fail or hang', async () => {
    for (const trouble of [{ failing: true }, { delayMs: 1e9 }]) {
      const { timing, candidate } = world();
      const a = candidate('a');
      await timing.advance(0);
      Object.assign(a.trouble, trouble);
      await timing.advance(9_999);
      expect(a.elector.isLeading()).toBe(true);
      await timing.advance(1);
      expect(a.elector.isLeading()).toBe(false);
      expect(a.lost).toEqual(['The lease could not be renewed in 10000 ms.']);
      expect(a.lines).toContainEqual(expect.objectContaining({ code: 'LeaseLost' }));
      expect(await valuesOf(a.registry, 'leader_election_master_status')).toEqual({ operator: 0 });
      await timing.until(a.elector.stop());
      expect(timing.pending).toBe(0);
    }
  });

  it('counts from the beginning of the last renewal, for the server may have heard it at once', async () => {
    const { timing, candidate } = world();
    const a = candidate('a');
    await timing.advance(0);
    a.trouble.delayMs = 2_000;
    await timing.advance(2_000 + 4_000);
    a.trouble.failing = true;
    // Renewed last by the request that began at 2 s and was answered at 6 s.
    await timing.advance(5_999);
    expect(a.elector.isLeading()).toBe(true);
    await timing.advance(1);
    expect(a.elector.isLeading()).toBe(false);
    expect(a.lost).toHaveLength(1);
    await timing.until(a.elector.stop());
  });

  it('survives failures that are shorter than the deadline', async () => {
    const { timing, candidate } = world();
    const a = candidate('a');
    await timing.advance(0);
    for (let i = 0; i < 5; i++) {
      a.trouble.failing = true;
      await timing.advance(7_900);
      a.trouble.failing = false;
      await timing.advance(2_100);
    }
    expect(a.lost).toEqual([]);
    expect(a.elector.isLeading()).toBe(true);
    await timing.until(a.elector.stop());
  });

  it('refuses times that cannot work', () => {
    const { candidate } = world();
    expect(() => candidate('a', { leaseMs: 1500 })).toThrow('whole seconds');
    expect(() => candidate('a', { renewDeadlineMs: 15_000 })).toThrow('less than leaseMs');
    expect(() => candidate('a', { retryMs: 10_000 })).toThrow('less than renewDeadlineMs');
  });
});

describe('two candidates', () => {
  it('hands over within a moment when the leader stops, with the count of transitions', async () => {
    const { timing, leases, candidate } = world();
    const a = candidate('a');
    await timing.advance(0);
    const b = candidate('b');
    await timing.advance(30_000);
    expect([a.elector.isLeading(), b.elector.isLeading()]).toEqual([true, false]);
    await timing.until(a.elector.stop());
    expect(leases.stored!.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 0 });
    await timing.advance(2_000 * 2.2);
    expect(b.elector.isLeading()).toBe(true);
    expect(leases.stored!.spec).toMatchObject({ holderIdentity: 'b', leaseDurationSeconds: 15, leaseTransitions: 1 });
    expect(a.lost).toEqual([]);
    await timing.until(b.elector.stop());
  });

  it('takes the lease of a dead leader 15 s after it last saw it renewed, whatever the dead one’s clock said', async () => {
    for (const skewMs of [-86_400_000, 0, 86_400_000]) {
      const { timing, leases, candidate } = world();
      timing.wallOffsetMs += skewMs;
      const a = candidate('a');
      await timing.advance(0);
      timing.wallOffsetMs -= skewMs;
      a.trouble.delayMs = 1e12;
      const b = candidate('b');
      await timing.advance(14_900);
      expect(b.elector.isLeading()).toBe(false);
      await timing.advance(5_000);
      expect(b.elector.isLeading()).toBe(true);
      expect(leases.stored!.spec!.holderIdentity).toBe('b');
      expect(a.lost).toHaveLength(1);
      await timing.until(Promise.all([a.elector.stop(), b.elector.stop()]));
    }
  });

  it('tells a leader at once that another one holds the lease', async () => {
    const { timing, leases, candidate } = world();
    const a = candidate('a');
    await timing.advance(0);
    leases.stored = {
      ...leases.stored!,
      metadata: { ...leases.stored!.metadata, resourceVersion: '99' },
      spec: { ...leases.stored!.spec, holderIdentity: 'thief' },
    };
    await timing.advance(4_000);
    expect(a.lost).toEqual(['The lease is now held by thief.']);
    expect(leases.stored.spec!.holderIdentity).toBe('thief');
    await timing.until(a.elector.stop());
    expect(leases.stored.spec!.holderIdentity).toBe('thief');
  });
});

it('does not give back what another one has taken meanwhile', async () => {
  const { timing, leases, candidate } = world();
  const a = candidate('a');
  await timing.advance(0);
  const { metadata, spec } = leases.stored!;
  leases.stored = {
    ...leases.stored!,
    metadata: { ...metadata, resourceVersion: '99' },
    spec: { ...spec, holderIdentity: 'b' },
  };
  await timing.until(a.elector.stop());
  expect(leases.stored.spec!.holderIdentity).toBe('b');
});

it('in any sequence of delays, failures, stops and clock jumps, at most one leads at a time', async () => {
  const who = fc.integer({ min: 0, max: 2 });
  const step = fc.oneof(
    fc.record({ do: fc.constant('delay' as const), who, ms: fc.constantFrom(0, 100, 2_400, 6_000, 20_000) }),
    fc.record({ do: fc.constant('fail' as const), who, failing: fc.boolean() }),
    fc.record({ do: fc.constant('replace' as const), who }),
    fc.record({ do: fc.constant('jump' as const), ms: fc.integer({ min: -100_000, max: 100_000 }) }),
  );
  const steps = fc.array(fc.record({ what: step, wait: fc.integer({ min: 0, max: 25_000 }) }), { maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      const { timing, candidate } = world();
      let names = 0;
      const candidates = Array.from({ length: 3 }, () => candidate(`c${names++}`));
      const everyone = [...candidates];
      timing.afterStep = () =>
        expect(everyone.filter(({ elector }) => elector.isLeading()).length).toBeLessThanOrEqual(1);
      for (const { what, wait } of plan) {
        if (what.do === 'delay') candidates[what.who]!.trouble.delayMs = what.ms;
        if (what.do === 'fail') candidates[what.who]!.trouble.failing = what.failing;
        if (what.do === 'jump') timing.wallOffsetMs += what.ms;
        if (what.do === 'replace') {
          await timing.until(candidates[what.who]!.elector.stop());
          candidates[what.who] = candidate(`c${names++}`);
          everyone.push(candidates[what.who]!);
        }
        await timing.advance(wait);
      }
      // Whoever lost the lead ends its process; a new one takes its place, and somebody leads in the end.
      for (const [at, { lost, trouble }] of candidates.entries()) {
        Object.assign(trouble, { delayMs: 0, failing: false });
        if (lost.length > 0) everyone.push((candidates[at] = candidate(`c${names++}`)));
      }
      await timing.advance(25_000);
      expect(candidates.filter(({ elector }) => elector.isLeading())).toHaveLength(1);
      await timing.until(Promise.all(everyone.map(({ elector }) => elector.stop())));
      expect(timing.pending).toBe(0);
    }),
    { numRuns: 200 },
  );
});
