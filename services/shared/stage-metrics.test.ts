import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createStageMetrics } from './stage-metrics.ts';

it('names the stage with every count', async () => {
  const registry = new Registry();
  const metrics = createStageMetrics(registry, 'feature');
  metrics.count({ result: 'drop', reason: 'Duplicate' }, 2);
  metrics.lag(0, 7);
  metrics.lag(1, 3);
  metrics.forgetLag(1);
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('likeness_'));
  expect(lines).toEqual([
    'likeness_events_total{stage="feature",result="drop",reason="Duplicate"} 2',
    'likeness_lag_events{stage="feature",partition="0"} 7',
  ]);
});
