/** A shop that sends events whatever happens, and remembers which of them were accepted. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Sender {
  /** Ids of the events that were answered 202. */
  readonly accepted: ReadonlySet<string>;
  /** How often a body was answered otherwise, or not at all. */
  readonly failures: number;
  /** Accepted events of each user. */
  countOf(user: string): number;
  /** When what has been begun is accepted. */
  stop(): Promise<void>;
}

export const users = Array.from({ length: 10 }, (_, index) => `u${index}`);
const perBody = 10;
const pauseMs = 20;
const answerWithinMs = 10_000;

/** Each body goes until it is accepted, so an event may be sent more than once, but is one. */
export function startSender({
  url,
  key,
  prefix,
}: {
  readonly url: string;
  readonly key: string;
  readonly prefix: string;
}): Sender {
  const accepted = new Set<string>();
  let failures = 0;
  const counts = new Map<string, number>();
  let stopped = false;
  const sendOne = async (number: number): Promise<void> => {
    const user = users[number % users.length]!;
    const ids = Array.from({ length: perBody }, (_, index) => `${prefix}-${number}-${index}`);
    const body = Buffer.from(ids.map((id) => JSON.stringify(viewOf(id, user))).join('\n'));
    for (let status = 0; status !== 202;) {
      status = await post({ url, key }, body);
      if (status === 202) continue;
      failures++;
      await sleep(100);
    }
    for (const id of ids) accepted.add(id);
    counts.set(user, (counts.get(user) ?? 0) + perBody);
  };
  const loop = async (): Promise<void> => {
    for (let number = 0; !stopped; number++) {
      await sendOne(number);
      await sleep(pauseMs);
    }
  };
  const running = loop();
  return {
    accepted,
    get failures() {
      return failures;
    },
    countOf: (user) => counts.get(user) ?? 0,
    stop: async () => {
      stopped = true;
      await running;
    },
  };
}

/** A connection a request: kube-proxy chooses a pod for each connection. */
function post({ url, key }: { readonly url: string; readonly key: string }, body: Buffer): Promise<number> {
  const headers = { 'content-type': 'application/x-ndjson', authorization: `Bearer ${key}` };
  const options = { method: 'POST', agent: false, headers, timeout: answerWithinMs };
  return new Promise((resolve) => {
    const outgoing = request(`${url}/v1/events`, options, (response) => {
      response.once('error', () => resolve(0));
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    // A pod that is gone answers nothing at all.
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', () => resolve(0));
    outgoing.end(body);
  });
}

const viewOf = (id: string, userId: string) => ({
  id,
  type: 'view',
  time: new Date().toISOString(),
  userId,
  itemId: 'sku-1',
});
