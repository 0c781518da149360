import { describe, expect, it } from 'vitest';
import { seededUniform } from '../statistics/mersenne-twister.ts';
import { promisedQuality } from './promised-quality.ts';
import { resumeProposeConfirm } from './propose-confirm.ts';

const promise = (hitRate: number, questions: number) => promisedQuality({ inputs: {}, hitRate, questions });

/** Questions to the first drift; undefined: there was none. `hitRate` is what is seen live. */
function foundAfter(stored: ReturnType<typeof promise>, hitRate: number, seed = 1, questions = 5000) {
  const watch = resumeProposeConfirm(stored);
  const uniform = seededUniform(seed);
  for (let asked = 1; asked <= questions; asked++) {
    const verdict = watch.update(uniform() < hitRate ? 0 : 1);
    if (verdict.kind === 'drift') return { asked, ...verdict };
  }
  return undefined;
}

describe('what a hold-out promised', () => {
  it('is what less is a fall from, from the first question on, in each of 20 streams', () => {
    for (let seed = 0; seed < 20; seed++) {
      const found = foundAfter(promise(0.5, 800), 0.15, seed);
      expect(found?.asked).toBeLessThanOrEqual(160);
      expect(found?.before).toBeCloseTo(0.5, 1);
    }
    // Without it the watch knows nothing else.
    expect(foundAfter(promisedQuality(undefined), 0.15)).toBeUndefined();
    expect(foundAfter(promisedQuality({ inputs: {} }), 0.15)).toBeUndefined();
  });

  it.each([0.02, 0.2, 0.5, 0.9])('is no fall when it is kept, in each of 20 streams at a rate of %f', (rate) => {
    for (let seed = 0; seed < 20; seed++) expect(foundAfter(promise(rate, 5000), rate, seed)).toBeUndefined();
  });

  it('may be missed by a few points, however many questions the hold-out had and however long it lasts', () => {
    for (let seed = 0; seed < 5; seed++)
      expect(foundAfter(promise(0.5, 1_000_000), 0.46, seed, 50_000)).toBeUndefined();
  });

  it('weighs as much as the questions that it rests on', () => {
    expect(foundAfter(promise(0.5, 20), 0.3)).toBeUndefined();
    expect(foundAfter(promise(0.5, 1000), 0.3)).toBeDefined();
  });

  it('is forgotten when the model does better, so that a fall from there is found', () => {
    const watch = resumeProposeConfirm(promise(0.2, 1000));
    const uniform = seededUniform(4);
    const kinds = Array.from(
      { length: 6000 },
      (_, at) => watch.update(uniform() < (at < 3000 ? 0.5 : 0.3) ? 0 : 1).kind,
    );
    expect(kinds.slice(0, 3000)).not.toContain('drift');
    expect(kinds.slice(3000)).toContain('drift');
  });
});
