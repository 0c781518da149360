/** Waits until events are in profiles, as the feature service's own counter says. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from './stack.ts';

const pollMs = 20;
const patienceMs = 300_000;

/**
 * `events`: how many the feature service must have put into profiles since it started. Repeats, which a sender makes that
 * did not hear an answer, do not count; what is refused will never count, and says so.
 */
export async function untilApplied(stack: Stack, events: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { applied, refused } = await eventsOf(stack);
    if (applied >= events) return;
    if (refused > 0) throw new Error(`${refused} of ${events} events were refused: the load is wrong`);
    if (performance.now() > deadline) throw new Error(`${applied} of ${events} events are applied after 5 minutes`);
    await sleep(pollMs);
  }
}

interface Settled {
  readonly applied: number;
  readonly refused: number;
}

async function eventsOf(stack: Stack): Promise<Settled> {
  const count = async (stage: 'cleaner' | 'feature', result: string): Promise<number> => {
    const texts = await Promise.all(stack.backend.metricUrls(stage).map(async (url) => (await fetch(url)).text()));
    const lines = new RegExp(`^likeness_events_total\\{[^}]*result="${result}"[^}]*\\} (\\d+)`, 'gm');
    return texts.flatMap((text) => [...text.matchAll(lines)]).reduce((sum, [, n]) => sum + Number(n), 0);
  };
  return { applied: await count('feature', 'ok'), refused: await count('cleaner', 'deadLetter') };
}
