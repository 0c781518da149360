import { describe, expect, it } from 'vitest';
import { runDetector, type Detector } from '../../services/shared/learning/drift/detector.ts';
import { seededUniform } from '../../services/shared/learning/statistics/mersenne-twister.ts';
import { movingRate } from './moving-rate.ts';

const options = movingRate.options.parse({ limit: 0.4 });

function bernoulli(seed: number, rate: number, length: number): (0 | 1)[] {
  const uniform = seededUniform(seed);
  return Array.from({ length }, () => (uniform() < rate ? 1 : 0));
}

function verdicts(detector: Detector, errors: readonly (0 | 1)[]): string[] {
  return errors.map((error) => detector.update(error));
}

describe('the moving rate', () => {
  it('is quiet below the limit, and finds a rate above it', () => {
    const detector = runDetector(movingRate, options);
    expect(verdicts(detector, bernoulli(1, 0.1, 5000))).not.toContain('drift');
    expect(verdicts(detector, bernoulli(2, 0.6, 300))).toContain('drift');
  });

  it('warns on the way, and starts anew after drift', () => {
    const found = verdicts(
      runDetector(movingRate, options),
      Array.from({ length: 200 }, () => 1),
    );
    const drift = found.indexOf('drift');
    expect(found.slice(drift + 1, drift + 99)).toEqual(Array.from({ length: 98 }, () => 'none'));
    const rising = runDetector(movingRate, { limit: 0.4, weight: 0.01 });
    verdicts(rising, bernoulli(3, 0.1, 200));
    expect(verdicts(rising, bernoulli(4, 0.8, 100))).toContain('warning');
  });

  it('goes on from what was stored', () => {
    const errors = bernoulli(5, 0.35, 1000);
    const whole = verdicts(runDetector(movingRate, options), errors);
    const first = runDetector(movingRate, options);
    const before = verdicts(first, errors.slice(0, 400));
    const { state } = first.store();
    const resumed = runDetector(movingRate, options, movingRate.state.parse(JSON.parse(JSON.stringify(state))));
    expect([...before, ...verdicts(resumed, errors.slice(400))]).toEqual(whole);
  });
});
