/** Several models of one pipeline on their way into service, and what takes one back. */
import { describe, expect, it } from 'vitest';
import { exampleSpec } from '../test/golden/examples.ts';
import type { PipelineStatus } from '../crds/status.ts';
import type { ActiveMessage } from '../services/shared/model-stream.ts';
import type { ModelStanding, StoredCandidate } from './promotion.ts';
import { decidePromotions, type PromotionsInput } from './promotions.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const [model] = exampleSpec('shop').models;
const spec = {
  ...exampleSpec('shop'),
  models: [
    { ...model!, name: 'a' },
    { ...model!, name: 'b' },
  ],
};

const candidate = (name: string, version: string, offset: number): StoredCandidate => ({
  kind: 'candidate',
  runId: `run-${version}`,
  model: name,
  version,
  digest: `sha-${version}`,
  trainedAt: '2026-01-01T00:00:00Z',
  events: 1,
  metrics: {},
  offset,
});
const onTrial: ActiveMessage = {
  kind: 'active',
  model: 'a',
  version: 'a2',
  digest: 'sha-a2',
  generation: 2,
  canaryPercent: 10,
  activatedAt: new Date(now - 60_000).toISOString(),
  stable: { version: 'a1', digest: 'sha-a1' },
  decided: 1,
};
const trial: ModelStanding = {
  candidates: [candidate('a', 'a1', 0), candidate('a', 'a2', 1)],
  active: onTrial,
  end: 9,
};

function decide(more: Partial<PromotionsInput> = {}) {
  const gate = { judge: () => ({ verdict: 'Passed', reason: 'good' }) as const };
  return decidePromotions({ now, spec, previous: undefined, standings: new Map(), wish: undefined, gate, ...more });
}

const serving = (status: 'True' | 'False', reason: string, secondsAgo: number): PipelineStatus => ({
  conditions: [
    {
      type: 'ServingReady',
      status,
      reason,
      message: 'serving has 0 of 1 replicas ready',
      lastTransitionTime: new Date(now - secondsAgo * 1000).toISOString(),
    },
  ],
});

it('tells of a gate that is silent, by the name of the model', () => {
  const standings = new Map([['a', { candidates: [candidate('a', 'a1', 0)], active: undefined, end: 9 }]]);
  const gate = { judge: () => ({ verdict: 'Pending', reason: 'no report' }) as const };
  const { silence, models } = decide({ standings, gate, now: now + 86_400_000 });
  expect(silence).toMatch(/^a: The gate has not judged a1, .*: no report\. /);
  expect(models[0]).toMatchObject({ phase: 'Judging', candidate: { version: 'a1' } });
  expect(decide({ standings }).silence).toBeUndefined();
});

describe('a model on trial', () => {
  const standings = new Map([['a', trial]]);

  it('is described with what it is to follow, and until when', () => {
    const { models, until } = decide({ standings });
    expect(models[0]).toMatchObject({
      name: 'a',
      phase: 'Canary',
      active: { version: 'a2', runId: 'run-a2', digest: 'sha-a2', promotedAt: '2025-12-31T23:59:00Z' },
      lastStable: { version: 'a1', runId: 'run-a1' },
      canaryPercent: 10,
      bakeUntil: '2026-01-01T00:14:00Z',
    });
    expect(until).toBe(now + 14 * 60_000);
  });

  it.each([
    ['serving has failed for a minute', serving('False', 'Failing', 60), ['a1']],
    ['serving has a gap', serving('False', 'NotReady', 59), []],
    ['serving is well', serving('True', 'Ready', 999), []],
    ['the pipeline is suspended', serving('False', 'Suspended', 999), []],
  ])('%s: back to %3$s', (_, previous, announced) => {
    const { announcements } = decide({ standings, previous });
    expect(announcements.map(({ version }) => version)).toEqual(announced);
  });
});

describe('several models', () => {
  const standings = new Map([
    ['a', { ...trial, active: { ...onTrial, canaryPercent: 100 } }],
    ['b', { candidates: [candidate('b', 'b1', 4)], active: undefined, end: 9 }],
  ]);

  it('go their own ways', () => {
    const { models, announcements } = decide({ standings });
    expect(models.map(({ name, phase }) => `${name} ${phase}`)).toEqual(['a Active', 'b Promoting']);
    expect(announcements.map((message) => [message.model, message.version])).toEqual([['b', 'b1']]);
  });

  it('remember each for itself', () => {
    const refused = { name: 'b', refusals: 3, decided: 4, lastRefusal: 'b1 was refused.' };
    const previous = { model: { name: 'a', generation: 2 }, otherModels: [refused] };
    const { models } = decide({ standings, previous });
    expect(models[1]).toMatchObject({ phase: 'Held', refusals: 3, decided: 4, lastRefusal: 'b1 was refused.' });
    expect(models[0]).toMatchObject({ phase: 'Active', refusals: 0 });
  });

  it('take a wish for their own version alone, and one of them says that there is none', () => {
    const manual = {
      ...spec,
      training: { ...spec.training, promotion: { ...spec.training.promotion, policy: 'Manual' as const } },
    };
    const wished = decide({ standings, spec: manual, wish: 'b1@now' });
    expect(wished.announcements.map(({ version }) => version)).toEqual(['b1']);
    expect(wished.models[1]!.message).not.toContain('no version');
    const { models } = decide({ standings, spec: manual, wish: 'c7' });
    expect(models.filter(({ message }) => message!.includes('There is no version c7'))).toHaveLength(1);
  });
});
