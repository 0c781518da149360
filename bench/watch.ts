/** One event under the clock: POST until a GET of its profile shows it. */
import { type Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { post } from './load/post.ts';

export interface Endpoints {
  readonly ingest: string;
  readonly serving: string;
  readonly agent: Agent;
}

const patienceMs = 10_000;
const earlierMs = 0.08;
const laterMs = 0.02;

/**
 * When to look first. Looking all the time would take the processor that the event needs on its way, so the first look
 * is aimed by the events before: at the moment when one in five is already there. What is measured stays an upper
 * bound, because an event counts from the look that showed it.
 */
export class Aim {
  #ms = 0;

  /** Milliseconds from the POST. */
  get ms(): number {
    return this.#ms;
  }

  learn(isFirstLook: boolean): void {
    this.#ms = isFirstLook ? Math.max(0, this.#ms - earlierMs) : this.#ms + laterMs;
  }
}

/** Milliseconds from before the POST to the GET that showed the event; its time must be its profile's newest. */
export async function timeEvent({ ingest, serving, agent }: Endpoints, line: string, aim: Aim): Promise<number> {
  const { userId, id, time } = JSON.parse(line) as { userId: string; id: string; time: string };
  const started = performance.now();
  const status = await post({ url: ingest, agent }, Buffer.from(line));
  if (status !== 202) throw new Error(`ingest answered ${status}`);
  const early = Math.floor(aim.ms - (performance.now() - started));
  if (early > 0) await sleep(early);
  for (let looks = 1; ; looks++) {
    const newest = await newestTime(`${serving}/v1/profiles/${userId}`, agent);
    const elapsed = performance.now() - started;
    if (newest >= time) {
      aim.learn(looks === 1);
      return elapsed;
    }
    if (elapsed > patienceMs) throw new Error(`${id} is not visible after 10 s`);
  }
}

/** Empty while there is no such profile. */
function newestTime(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('end', () => {
        const body = JSON.parse(text) as { attributes?: { lastSeen?: { time: string | null } } };
        resolve(body.attributes?.lastSeen?.time ?? '');
      });
    });
    request.once('error', reject);
  });
}
