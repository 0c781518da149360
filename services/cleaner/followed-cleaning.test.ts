import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { LikenessError } from '../shared/errors.ts';
import type { LoadedCleaning } from '../shared/learning/artifact.ts';
import { imputeDefinition } from '../shared/learning/cleaning/cleaning-model.ts';
import { activeKey, type ActiveMessage } from '../shared/model-stream.ts';
import { followedCleaning } from './followed-cleaning.ts';

const step = { name: 'price', field: 'value', with: 'Mean' } as const;
const steps = { impute: [step], scale: [], outliers: [] };

/** The artifact of version `v1` has the digest `d1`, and has learned the mean 1. */
const loaded = (digest: string): LoadedCleaning => {
  const number = Number(digest.slice(1));
  const learned = { name: 'price', definition: imputeDefinition(step), values: 9, overall: number, groups: [] };
  return {
    manifest: { model: 'next-item', version: `v${number}` } as LoadedCleaning['manifest'],
    cleaning: { format: 1, impute: [learned], scale: [], outliers: [] },
  };
};

function subject(changes: Partial<Parameters<typeof followedCleaning>[0]> = {}) {
  const metrics = { modelLoads: vi.fn(), malformed: vi.fn() };
  const fetch = vi.fn((_digest: string): Promise<ReadonlyMap<string, Uint8Array>> => Promise.resolve(new Map()));
  const logger = pino({ level: 'silent' });
  const open = (_: unknown, digest: string) => loaded(digest);
  const options = { model: 'next-item', steps, fetch, open, metrics, logger, retryMs: 1 };
  const cleaning = followedCleaning({ ...options, ...changes });
  const announce = (generation: number, digest: string, more: Partial<ActiveMessage> = {}): Promise<void> => {
    const version = `v${digest.slice(1)}`;
    const at = { activatedAt: '2026-01-01T00:00:00.000Z', canaryPercent: 100 };
    const message = { kind: 'active', model: 'next-item', version, digest, generation, ...at, ...more };
    cleaning.apply({ key: activeKey(message.model), value: Buffer.from(JSON.stringify(message)) });
    return cleaning.settled();
  };
  const mean = () => cleaning.current()?.impute.get('price')?.overall;
  return { cleaning, announce, mean, metrics, fetch };
}

describe('the cleaning of the active model', () => {
  it('is nothing before the first model, then that of the newest', async () => {
    const { cleaning, announce, mean, metrics } = subject();
    await cleaning.settled();
    expect(cleaning.current()).toBeUndefined();
    await announce(1, 'd1');
    expect([mean(), cleaning.current()!.version]).toEqual([1, 'v1']);
    await announce(3, 'd3');
    await announce(2, 'd2');
    expect(mean()).toBe(3);
    expect(metrics.modelLoads.mock.calls).toEqual([['loaded'], ['loaded']]);
    expect(cleaning.problem()).toBeUndefined();
  });

  it('stays that of the stable model while another is on trial, and is fetched once', async () => {
    const { announce, mean, fetch } = subject();
    await announce(1, 'd1');
    await announce(2, 'd2', { canaryPercent: 10, stable: { version: 'v1', digest: 'd1' } });
    expect(mean()).toBe(1);
    await announce(3, 'd2');
    expect(mean()).toBe(2);
    expect(fetch.mock.calls).toEqual([['d1'], ['d2']]);
    await announce(4, 'd1', { canaryPercent: 100 });
    expect(mean()).toBe(1);
  });

  it('passes over other models, candidates and what cannot be read', async () => {
    const { cleaning, announce, metrics } = subject();
    await announce(1, 'd1', { model: 'other' });
    cleaning.apply({ key: 'candidate/run-1', value: Buffer.from('{}') });
    cleaning.apply({ key: activeKey('next-item'), value: null });
    expect(metrics.malformed).not.toHaveBeenCalled();
    cleaning.apply({ key: activeKey('next-item'), value: Buffer.from('{') });
    expect(metrics.malformed).toHaveBeenCalledOnce();
    expect(cleaning.current()).toBeUndefined();
  });

  it('stays as it was if the new one is not good, and says so', async () => {
    const open = (_: unknown, digest: string): LoadedCleaning => {
      if (digest === 'd2') throw new LikenessError('ModelInvalid', 'not signed');
      return digest === 'd3' ? { ...loaded('d7'), cleaning: undefined } : loaded(digest);
    };
    const { cleaning, announce, mean, metrics } = subject({ open });
    await announce(1, 'd1');
    await announce(2, 'd2');
    expect(mean()).toBe(1);
    expect(cleaning.problem()).toContain('refused: not signed');
    await announce(3, 'd3');
    expect(cleaning.problem()).toContain('the artifact is next-item v7');
    expect(metrics.modelLoads.mock.calls).toEqual([['loaded'], ['refused'], ['refused']]);
    await announce(4, 'd1');
    expect(cleaning.problem()).toBeUndefined();
    await announce(5, 'd4');
    expect([mean(), cleaning.problem()]).toEqual([4, undefined]);
  });

  it('is nothing again where the active model has learned nothing for it', async () => {
    const open = (_: unknown, digest: string) => ({
      ...loaded(digest),
      ...(digest === 'd2' && { cleaning: undefined }),
    });
    const { cleaning, announce } = subject({ open });
    await announce(1, 'd1');
    await announce(2, 'd2');
    expect(cleaning.current()).toBeUndefined();
  });

  it('comes when the store comes back, and a newer wish replaces the one that waits', async () => {
    let isAway = true;
    const fetch = (digest: string) =>
      isAway ? Promise.reject(new Error(`no ${digest}`)) : Promise.resolve(new Map<string, Uint8Array>());
    const { cleaning, announce, mean, metrics } = subject({ fetch });
    void announce(1, 'd1');
    await vi.waitFor(() => expect(metrics.modelLoads).toHaveBeenCalledWith('unavailable'));
    expect(cleaning.problem()).toContain('unavailable: no d1');
    const settled = announce(2, 'd2');
    isAway = false;
    await settled;
    expect([mean(), cleaning.problem()]).toEqual([2, undefined]);
  });

  it('stops asking when it is closed', async () => {
    const fetch = vi.fn(() => Promise.reject(new Error('away')));
    const { cleaning, announce } = subject({ fetch, retryMs: 60_000 });
    void announce(1, 'd1');
    await cleaning.close();
    expect(fetch).toHaveBeenCalledOnce();
  });
});
