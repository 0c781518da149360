/** A verdict arrives, though telling it fails; what is only newer figures waits. */
import { expect, it, vi } from 'vitest';
import type { DriftReport } from '../../shared/learning/drift/verdict.ts';
import { tellDrift } from './tell-drift.ts';

const verdict = (id: string) => ({ id, model: 'm', version: 'v', detector: 'd', feature: 'f', score: 1, time: 1 });
const report = (...ids: string[]): DriftReport => ({ verdicts: ids.map(verdict), standings: [] });
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Sleeps end when they are told to. */
function world(fails = 0) {
  const sent: (string | undefined)[] = [];
  const slept: { readonly ms: number; readonly end: () => void }[] = [];
  const onFailure = vi.fn();
  let left = fails;
  const teller = tellDrift({
    send: async ({ verdicts }) => {
      if (left-- > 0) throw new Error('away');
      sent.push(verdicts.at(-1)?.id);
    },
    onFailure,
    sleep: (ms, signal) =>
      new Promise<void>((resolve) => {
        slept.push({ ms, end: resolve });
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      }),
    retryMs: 2,
    pauseMs: 60,
  });
  return { sent, slept, onFailure, teller };
}

it('tells a new verdict at once, and figures after a pause, the latest alone', async () => {
  const { sent, slept, teller } = world();
  teller.tell(report());
  await settle();
  for (let time = 0; time < 5; time++) teller.tell(report());
  await settle();
  expect(sent).toEqual([undefined]);
  teller.tell(report('7'));
  await settle();
  expect(sent).toEqual([undefined, '7']);
  teller.tell(report('7'));
  await settle();
  expect(sent).toHaveLength(2);
  slept.at(-1)!.end();
  await settle();
  expect(sent).toHaveLength(3);
  expect(new Set(slept.map(({ ms }) => ms))).toEqual(new Set([60]));
  await teller.close();
});

it('tries again until it has arrived, with what is latest, and says once that it fails', async () => {
  const { sent, slept, onFailure, teller } = world(3);
  teller.tell(report('1'));
  await settle();
  teller.tell(report('1', '2'));
  for (let time = 0; time < 3; time++) {
    await settle();
    slept.at(-1)!.end();
  }
  await settle();
  expect(sent).toEqual(['2']);
  expect(onFailure).toHaveBeenCalledTimes(1);
  await teller.close();
});

it('tells at its end what waits', async () => {
  const { sent, teller } = world();
  teller.tell(report('1'));
  await settle();
  teller.tell(report('1'));
  await teller.close();
  expect(sent).toEqual(['1', '1']);
});
