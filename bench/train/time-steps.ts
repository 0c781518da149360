/** Times steps of a training after a few that warm it up. */
import type { Batch } from '../../services/shared/learning/tensor/tensor-backend.ts';
import type { TimedModel } from './exercises.ts';

export interface Timed {
  readonly examplesPerSecond: number;
  /** Of the first steps, which every backend must have alike. */
  readonly losses: readonly number[];
}

export const warmSteps = 6;

export async function timeSteps(
  step: (batch: Batch) => Promise<number>,
  { batches, size }: TimedModel,
  seconds: number,
): Promise<Timed> {
  const losses: number[] = [];
  const take = (at: number): Promise<number> => step(batches[at % batches.length]!);
  for (let at = 0; at < warmSteps; at++) losses.push(await take(at));
  const started = performance.now();
  let done = 0;
  while (performance.now() - started < seconds * 1000) await take(warmSteps + done++);
  return { examplesPerSecond: Math.round((done * size * 1000) / (performance.now() - started)), losses };
}
