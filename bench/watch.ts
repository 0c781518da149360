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
const earlierMs = 0.03;
const laterMs = 0.06;

/**
 * Looking all the time would take the processor that the event needs on its way. So the first look is aimed by the
 * events before: at the moment when two in three are there. What is measured stays an upper bound, because an event
 * counts from the look that showed it.
 */
export class Watch {
  readonly #endpoints: Endpoints;
  /** When to look first, milliseconds from the POST. */
  #aimMs = 0;

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints;
  }

  /** Milliseconds from before the POST to the GET that showed the event, whose time must be its profile's newest. */
  async time(line: string): Promise<number> {
    const { ingest, serving, agent } = this.#endpoints;
    const { userId, id, time } = JSON.parse(line) as { userId: string; id: string; time: string };
    const started = performance.now();
    const status = await post({ url: ingest, agent }, Buffer.from(line));
    if (status !== 202) throw new Error(`ingest answered ${status}`);
    const early = Math.round(this.#aimMs - (performance.now() - started));
    if (early > 0) await sleep(early);
    for (let looks = 1; ; looks++) {
      const newest = await newestTime(`${serving}/v1/profiles/${userId}`, agent);
      const elapsed = performance.now() - started;
      if (newest >= time) {
        this.#aimMs = Math.max(0, this.#aimMs + (looks === 1 ? -earlierMs : laterMs));
        return elapsed;
      }
      if (elapsed > patienceMs) throw new Error(`${id} is not visible after 10 s`);
    }
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
