/** Waits until events are in profiles, as the feature service's own counter says. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from './stack.ts';

const pollMs = 20;
const patienceMs = 300_000;

/** `events`: how many copies of events the feature service must have settled since it started. */
export async function untilApplied(stack: Stack, events: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const applied = await appliedEvents(stack);
    if (applied >= events) return;
    if (performance.now() > deadline) throw new Error(`${applied} of ${events} events are applied after 5 minutes`);
    await sleep(pollMs);
  }
}

async function appliedEvents(stack: Stack): Promise<number> {
  const texts = await Promise.all(stack.backend.metricUrls('feature').map(async (url) => (await fetch(url)).text()));
  return texts
    .flatMap((text) => [...text.matchAll(/^likeness_events_total\{[^}]*\} (\d+)/gm)])
    .reduce((sum, [, n]) => sum + Number(n), 0);
}
