import { expect, it } from 'vitest';
import { specSchema } from '../../crds/pipeline.ts';
import { compileFeatures } from '../../services/shared/profile/compile.ts';
import type { MarkKind } from './marks.ts';
import { createProfiles, rateBetween, ratesOf } from './questions.ts';
import { summariseDemo } from './summarise.ts';

const spec = specSchema.parse({ preset: 'shop/v1', features: [{ name: 'history', sequence: { length: 50 } }] });
const event = (itemId: string, second: number) => ({
  id: `${itemId}-${second}`,
  type: 'view',
  userId: 'u',
  itemId,
  time: new Date(1000 * second).toISOString(),
});

it('asks about items that the profile has not had, once it has a history', () => {
  const profiles = createProfiles(compileFeatures(spec.features, spec.events), 'history');
  expect(profiles.ask(event('a', 1))).toBeUndefined();
  profiles.take(event('a', 1));
  expect(profiles.ask(event('a', 2))).toBeUndefined();
  expect(profiles.ask(event('b', 2))).toEqual({ userId: 'u', itemId: 'b', seen: ['a'] });
});

it('counts shares by stretches of time, longer ones where there are few questions', () => {
  const asked = Array.from({ length: 50 }, (_, at) => ({ time: 100 * at, hit: at % 2 === 0 }));
  expect(ratesOf(asked, 2000)).toEqual([
    { time: 1000, rate: 0.5 },
    { time: 3000, rate: 0.5 },
  ]);
  const few = Array.from({ length: 50 }, (_, at) => ({ time: 1000 * at, hit: true }));
  expect(ratesOf(few, 2000)).toEqual([
    { time: 10_000, rate: 1 },
    { time: 30_000, rate: 1 },
  ]);
  expect(rateBetween(asked, 0, 150)).toBe(0.5);
  expect(rateBetween([], 0)).toBe(0);
});

it('sums up by what came after the change', () => {
  const answers = (hit: boolean, from: number) => Array.from({ length: 10 }, (_, at) => ({ time: from + at, hit }));
  const mark = (time: number, kind: MarkKind) => ({ time, kind, text: '' });
  // The trial of a model of the old time ends after the training has begun.
  const kinds = ['active', 'change', 'active', 'verdict', 'training', 'gate', 'active', 'canary', 'active'] as const;
  const summary = summariseDemo({
    marks: kinds.map((kind, at) => mark(9000 + 1000 * at, kind)),
    asked: [...answers(true, 9000), ...answers(false, 10_500), ...answers(true, 20_000)],
    others: { static: answers(false, 20_000), fresh: answers(true, 20_000), freshFrom: 20_000 },
    changedAt: 10_000,
    seed: 1,
    events: 100,
  });
  expect(summary).toMatchObject({ before: 1, fallen: 0, live: 1, recoveredFraction: 1, staticFraction: 0 });
  expect(summary).toMatchObject({ secondsToVerdict: 2, secondsToRecovery: 7, synthetic: true });
});
