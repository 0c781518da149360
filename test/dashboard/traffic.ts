/** Events and questions of a small shop, sent until they are stopped. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Addresses {
  readonly ingest: string;
  readonly serving: string;
}

export interface Traffic {
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

const users = 30;
const items = 20;

const send = (url: string, method: string, body: string) =>
  fetch(url, { method, headers: { 'content-type': 'application/json' }, body }).then(async (response) => {
    await response.arrayBuffer();
    return response.status;
  });

/** A catalogue, and a past from which a model can be learned. */
export async function sendPast({ ingest }: Addresses): Promise<void> {
  const catalogue = Array.from({ length: items }, (_, at) => ({
    itemId: `i${at}`,
    version: 1,
    category: `c${at % 3}`,
    available: true,
  }));
  accepted(await send(`${ingest}/v1/items`, 'PUT', JSON.stringify(catalogue)), 'the catalogue');
  // Everybody buys the items in their order, each from another one on.
  const past = Array.from({ length: 1200 }, (_, at) =>
    event(`past-${at}`, { user: at % users, item: at + Math.floor(at / users), secondsAgo: (1200 - at) * 2 }),
  );
  for (let start = 0; start < past.length; start += 300)
    accepted(await send(`${ingest}/v1/events`, 'POST', JSON.stringify(past.slice(start, start + 300))), 'the past');
}

/** So many that a partition has whole blocks of them, of which summaries are told. */
export async function sendMuch({ ingest }: Addresses, name: string): Promise<void> {
  for (let start = 0; start < 16_000; start += 2000) {
    const many = Array.from({ length: 2000 }, (_, at) =>
      event(`${name}-${start + at}`, { user: at % users, item: at + Math.floor((start + at) / users), secondsAgo: 1 }),
    );
    accepted(await send(`${ingest}/v1/events`, 'POST', JSON.stringify(many)), 'much traffic');
  }
}

function accepted(status: number, what: string): void {
  if (status >= 300) throw new Error(`ingest answered ${status} to ${what}`);
}

const event = (id: string, { user, item, secondsAgo }: { user: number; item: number; secondsAgo: number }) => ({
  id,
  type: 'purchase',
  userId: `u${user}`,
  itemId: `i${item % items}`,
  value: 10,
  time: new Date(Date.now() - secondsAgo * 1000).toISOString(),
});

/** Good events and one that comes twice, one of an unknown type, one without a type, a body that is no JSON; readers. */
export function sendTraffic({ ingest, serving }: Addresses): Traffic {
  const life = new AbortController();
  const running = (async () => {
    for (let turn = 0; !life.signal.aborted; turn++) {
      await sendTurn({ ingest, serving }, turn).catch((error: unknown) => {
        if (!life.signal.aborted) throw error;
      });
      await sleep(200, undefined, { signal: life.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      life.abort();
      await running;
    },
  };
}

async function sendTurn({ ingest, serving }: Addresses, turn: number): Promise<void> {
  const good = event(`now-${turn}`, { user: turn % users, item: turn, secondsAgo: 0 });
  const unknown = { ...good, id: `unknown-${turn}`, type: 'applause' };
  const { type: _, ...typeless } = { ...good, id: `typeless-${turn}` };
  await send(`${ingest}/v1/events`, 'POST', JSON.stringify([good, unknown, typeless]));
  await send(`${ingest}/v1/events`, 'POST', JSON.stringify([good]));
  await send(`${ingest}/v1/events`, 'POST', 'no JSON');
  for (const path of [`profiles/u${turn % users}`, `recommendations/u${turn % users}`, 'recommendations/nobody'])
    await fetch(`${serving}/v1/${path}`).then((response) => response.arrayBuffer());
}
