/** When a trial ends well: after its time, and not by silence. */
import { describe, expect, it } from 'vitest';
import { type BakeInput, lookAtBake, patienceMs } from './bake.ts';

const begun = Date.parse('2026-01-01T00:00:00Z');
const bakeMs = 15 * 60_000;
const inTime = begun + bakeMs - 1;
const after = begun + bakeMs;
const nextDay = after + patienceMs;

type Given = Partial<Omit<BakeInput, 'evidence'>> & { readonly answers?: number; readonly questions?: number };

function look({ answers = 0, questions = 0, ...given }: Given) {
  const evidence = { answers, questions };
  return lookAtBake({ now: after, begun, bakeMs, policy: 'Auto', minAnswers: 100, evidence, ...given });
}

/** `well`, or when the clock changes something. */
function outcome(given: Given): string | number | undefined {
  const baked = look(given);
  return baked.isOver ? 'well' : baked.until;
}

const manual = { policy: 'Manual', now: nextDay } as const;
const cases: readonly [name: string, given: Given, expected: string | number | undefined][] = [
  ['before its time', { now: inTime, answers: 1e6 }, after],
  ['enough answers', { answers: 100 }, 'well'],
  ['enough questions', { questions: 100, answers: 1 }, 'well'],
  ['questions, but no process of serving answers by it', { questions: 1e6 }, nextDay],
  ['the same a day later', { now: nextDay, questions: 1e6 }, undefined],
  ['each of them a little', { answers: 99, questions: 99 }, nextDay],
  ['a night without customers', { now: nextDay - 1 }, nextDay],
  ['enough, at last', { now: nextDay - 1, answers: 100 }, 'well'],
  ['a day with a single answer', { now: nextDay, answers: 1 }, 'well'],
  ['a day with nothing at all', { now: nextDay }, undefined],
  ['a year with nothing at all', { now: nextDay + 365 * patienceMs }, undefined],
  ['the first hundred after a year', { now: nextDay + 365 * patienceMs, answers: 100 }, 'well'],
  ['a person decides on a few', { ...manual, answers: 99 }, undefined],
  ['a person need not where there were enough', { ...manual, answers: 100 }, 'well'],
  ['a person is not asked before', { ...manual, now: nextDay - 1 }, nextDay],
  ['none are wanted', { minAnswers: 0 }, 'well'],
  ['none are wanted, but its time', { minAnswers: 0, now: inTime }, after],
  ['one is wanted', { minAnswers: 1, answers: 1 }, 'well'],
];

describe('a trial', () => {
  it.each(cases)('%s', (_, given, expected) => {
    expect(outcome(given)).toBe(expected);
  });

  it.each<[string, Given, string]>([
    [
      'its time',
      { now: inTime },
      'until 2026-01-01T00:15:00.000Z, and until there are 100 answers or questions (minAnswers)',
    ],
    ['its time alone', { now: inTime, minAnswers: 0 }, 'until 2026-01-01T00:15:00.000Z'],
    ['more', {}, 'at 2026-01-02T00:15:00.000Z fewer will do, but not without any answer'],
    ['more, by a person', { policy: 'Manual' }, 'from 2026-01-02T00:15:00.000Z on a person is asked'],
    ['anything', { now: nextDay }, 'since 2026-01-01T00:00:00.000Z there were 0 answers and 0 questions, and 100'],
    ['a person', { ...manual, answers: 3 }, 'there were 3 answers and 0 questions, and 100 answers or questions'],
  ])('says that it awaits %s', (_, given, expected) => {
    const baked = look(given);
    expect(baked.isOver ? '' : baked.awaits).toContain(expected);
  });

  it.each<[string, Given, string]>([
    ['much', { answers: 120, questions: 7 }, 'its trial went well, with 120 answers and 7 questions'],
    ['time', { minAnswers: 0 }, 'its trial went well'],
    [
      'little',
      { now: nextDay, answers: 4 },
      'since 2026-01-01T00:00:00.000Z there were 4 answers and 0 questions, fewer than 100 (minAnswers), but nothing spoke',
    ],
  ])('says that it ended well for %s', (_, given, expected) => {
    const baked = look(given);
    expect(baked.isOver ? baked.why : '').toContain(expected);
  });
});
