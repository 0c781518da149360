/** Questions, evidence, segments, behaviour and the judgement over them. */
import { describe, expect, it } from 'vitest';
import { serveModel, type SmallModel } from '../../../../test/serving/sealed-model.ts';
import type { LoadedModel } from '../artifact.ts';
import { ItemIndex } from '../item-index.ts';
import type { Sequences } from '../sequences.ts';
import { scoringP99 } from './behaviour.ts';
import { collectEvidence } from './evidence.ts';
import { askQuestions, type GateQuestion } from './hold-out.ts';
import { judge, leastQuestions, type JudgeInput } from './judge.ts';
import { compareSegments, isCollapsed, leastOfSegment } from './segments.ts';

const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'];
const ring = ids.map((id, at) => [id, ids[(at + 1) % ids.length]!, 0.5] as const);
const loaded = (rules: SmallModel['rules'], more: Partial<SmallModel> = {}): LoadedModel =>
  serveModel({ items: ids, ...(rules && { rules }), ...more }).loaded;
const right = loaded(ring);
/** Knows every item, and foresees the wrong one. */
const wrong = loaded(ids.map((id, at) => [id, ids[(at + 13) % ids.length]!, 0.5] as const));

const question = (at: number, more: Partial<GateQuestion> = {}): GateQuestion => ({
  profile: at,
  time: 100,
  history: [{ itemId: ids[at % ids.length]!, type: '', time: 0 }],
  targets: [ids[(at + 1) % ids.length]!],
  seen: new Set([ids[at % ids.length]!]),
  ...more,
});
const many = Array.from({ length: 60 }, (_, at) => question(at));

function verdictOn(more: Partial<JudgeInput>) {
  const { verdict, reasons, figures } = judge({
    candidate: { self: right, twin: right, seenUntil: 1000 },
    active: undefined,
    questions: many,
    items: new Set(ids),
    settings: { minDelta: undefined, segmentFloor: 0.1, latencyBudgetMs: 1000 },
    now: () => 0,
    seed: 1,
    ...more,
  });
  return { verdict, reasons: reasons.join('; '), figures };
}
const beside = (self: LoadedModel, twin?: LoadedModel) => ({ self, twin });

describe('a judgement', () => {
  it('lets a model pass that holds its ground', () => {
    expect(verdictOn({})).toMatchObject({
      verdict: 'Passed',
      reasons: expect.stringContaining('no model was in service'),
    });
    expect(verdictOn({ active: beside(right) })).toMatchObject({
      verdict: 'Passed',
      figures: { delta: 0, minDelta: -0.01 },
    });
    expect(verdictOn({ active: beside(wrong) }).verdict).toBe('Passed');
  });

  it('refuses one that is worse than the one in service, by its twin or, at new questions, by itself', () => {
    const candidate = { self: wrong, twin: wrong, seenUntil: 1000 };
    expect(verdictOn({ candidate, active: beside(right) }).reasons).toMatch(/differs from the active model's by -/);
    const fresh = { self: wrong, twin: right, seenUntil: 0 };
    expect(verdictOn({ candidate: fresh, active: beside(right) })).toMatchObject({
      verdict: 'Refused',
      figures: { 'questions.fresh': 60 },
    });
  });

  it('asks 0 of a model of a new kind, and what the spec says of any', () => {
    const active = beside(loaded(undefined));
    expect(verdictOn({ active }).figures['minDelta']).toBe(0);
    const settings = { minDelta: 5000, segmentFloor: 1, latencyBudgetMs: 1000 };
    expect(verdictOn({ active: beside(right), settings }).reasons).toContain('+500000.0% is the least');
  });

  it('proves nothing from a handful of questions', () => {
    const questions = many.slice(0, leastQuestions - 1);
    expect(verdictOn({ questions, active: beside(right) }).reasons).toMatch(/there are 29 questions .* takes 30/);
    expect(verdictOn({ questions }).verdict).toBe('Passed');
  });

  it('refuses a model that is not what its twin is', () => {
    expect(verdictOn({ candidate: { self: wrong, twin: right, seenUntil: 1000 } }).reasons).toMatch(
      /not the model that was/,
    );
  });

  it('refuses scores that are without end beside those of another model', () => {
    const flat = loaded(ids.flatMap((from) => ids.map((to) => [from, to, 0.5] as const)));
    const endless = verdictOn({ candidate: { self: right, twin: flat, seenUntil: 1000 } });
    expect(endless).toMatchObject({ verdict: 'Refused', reasons: 'its scores are Infinity times what they were' });
    expect(endless.figures).not.toHaveProperty('score.shift');
    expect(verdictOn({ active: beside(flat) }).reasons).toContain('its scores are Infinity times');
    // One that knows no item of these histories says nothing of scores.
    const stranger = loaded([['y', 'z', 0.5]], { items: ['y', 'z', ...ids] });
    expect(verdictOn({ active: beside(stranger) }).reasons).not.toContain('times what they were');
  });

  it('refuses a slow one', () => {
    let time = 0;
    expect(verdictOn({ now: () => (time += 2000) }).reasons).toMatch(/scoring takes 2000 ms/);
  });
});

describe('questions', () => {
  const sequences: Sequences = {
    starts: Uint32Array.of(0, 5, 6),
    items: Uint32Array.of(0, 1, 2, 2, 0, 3),
    times: Float64Array.of(1, 2, 10, 10, 11, 12),
    targets: Uint8Array.of(1, 1, 1, 0, 1, 1),
  };
  const ask = (more = {}) =>
    askQuestions({ sequences, items: new ItemIndex(ids), from: 10, length: 2, limit: 9, seed: 1, ...more });

  it('are about what is new to a profile, after all that came before', () => {
    // The fourth step repeats an item, and the second profile has no history.
    expect(ask()).toEqual([
      {
        profile: 0,
        time: 10,
        history: [
          { itemId: 'a', type: '', time: 1 },
          { itemId: 'b', type: '', time: 2 },
        ],
        targets: ['c'],
        seen: new Set(['a', 'b']),
      },
    ]);
  });

  it('are a sample where there are too many, the same for the same seed', () => {
    const count = 400;
    const walks: Sequences = {
      starts: Uint32Array.from({ length: count + 1 }, (_, at) => 2 * at),
      items: Uint32Array.from({ length: 2 * count }, (_, at) => at % 2),
      times: Float64Array.from({ length: 2 * count }, (_, at) => (at % 2) * 20),
      targets: new Uint8Array(2 * count).fill(1),
    };
    const sampled = (seed: number) => ask({ sequences: walks, limit: 50, seed }).map(({ profile }) => profile);
    expect(new Set(sampled(1)).size).toBe(50);
    expect(sampled(1)).toEqual(sampled(1));
    expect(sampled(1)).not.toEqual(sampled(2));
    expect(sampled(1)).toEqual(sampled(1).toSorted((a, b) => a - b));
  });
});

describe('evidence', () => {
  const attributesOf = () => undefined;

  it('has held-out questions answered by twins, and fresh ones by the models themselves', () => {
    const questions = [question(0, { time: 1 }), question(1, { time: 9 })];
    const candidate = { self: wrong, twin: right, seenUntil: 5, attributesOf };
    const found = collectEvidence(questions, candidate, { self: right, twin: wrong });
    expect(Array.from(found.candidate, (worth) => worth === 1)).toEqual([true, false]);
    expect(Array.from(found.active, (worth) => worth === 1)).toEqual([false, true]);
    expect(found.fresh).toBe(1);
    expect([found.seenTwin === 1, found.seenSelf === 1]).toEqual([true, false]);
  });

  it('finds no item that a model does not know', () => {
    const stranger = question(0, { targets: ['unknown'] });
    const candidate = { self: right, twin: right, seenUntil: 0, attributesOf };
    expect([...collectEvidence([stranger], candidate, undefined).candidate]).toEqual([0]);
  });
});

describe('segments', () => {
  it('are those with enough questions, and collapse only where that is sure', () => {
    const count = 2 * leastOfSegment;
    const questions = Array.from({ length: count }, (_, at) => ({
      historyLength: at % 2 === 0 ? 1 : 5,
      category: at === 0 ? 'rare' : 'common',
    }));
    const active = new Float64Array(count).fill(1);
    const candidate = active.map((_, at) => (at % 2 === 0 ? 0.5 : 1.5));
    const paired = { candidate, active, profile: Array.from(active.keys()) };
    const found = compareSegments(questions, paired, 1);
    expect(found.map(({ segment }) => segment)).toEqual(['history:cold', 'history:warm', 'category:common']);
    expect(found.map((segment) => isCollapsed(segment, 0.1))).toEqual([true, false, false]);
    expect(isCollapsed({ mean: -0.5, lower: -1, upper: 0.1 }, 0.1)).toBe(false);
    expect(isCollapsed({ mean: -0.05, lower: -0.1, upper: -0.01 }, 0.1)).toBe(false);
  });
});

it('what else the machine does is not the model’s fault: the quickest of several rounds counts', () => {
  const times = [0, 50, 50, 51, 51, 52];
  expect(scoringP99(right.recommender, [[]], () => times.shift()!)).toBe(1);
});
