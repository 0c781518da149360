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
  const all = (await registry.metrics()).split('\n').filter((line) => line.startsWith('likeness_'));
  const lines = all.filter((line) => !line.endsWith(' 0'));
  expect(lines).toEqual([
    'likeness_events_total{stage="feature",result="drop",reason="Duplicate"} 2',
    'likeness_lag_events{stage="feature",partition="0"} 7',
  ]);
});

it('counts from 0 on whatever is known beforehand', async () => {
  const registry = new Registry();
  createStageMetrics(registry, 'cleaner');
  const text = await registry.getSingleMetricAsString('likeness_events_total');
  expect(text).toContain('{stage="cleaner",result="ok",reason=""} 0');
  expect(text).toContain('{stage="cleaner",result="deadLetter",reason="Poison"} 0');
});
