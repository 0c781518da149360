import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import type { GateRequest } from '../gate.ts';
import { createGateRuns } from './gate-runs.ts';

const request: GateRequest = { model: 'm', runId: 'run-1', digest: 'd', against: null };
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

it('looks once at a time, and again after a while, also where the gate cannot even be started', async () => {
  let now = 0;
  const judge = vi
    .fn(async (): Promise<number> => 0)
    .mockImplementationOnce(() => {
      throw new Error('no more processes');
    });
  const runs = createGateRuns({ judge, logger: pino({ enabled: false }), now: () => now, retryMs: 100 });
  runs.want([request]);
  runs.want([request]);
  await settled();
  runs.want([request]);
  expect(judge).toHaveBeenCalledTimes(1);
  now = 100;
  runs.want([request]);
  await settled();
  now = 699;
  runs.want([request]);
  expect(judge).toHaveBeenCalledTimes(2);
  now = 700;
  runs.want([request]);
  expect(judge).toHaveBeenCalledTimes(3);
  await runs.close();
});
