/** The sender: each request when it is due, its identical body again and again until the answer is 2xx. */
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Request } from './generate.ts';
import type { Random } from './random.ts';

export interface SendOptions {
  /** Base URLs of the ingest replicas; each attempt goes to any of them. */
  readonly urls: readonly string[];
  readonly keys: { readonly write: string; readonly import: string };
  /** How many requests may be under way at once. */
  readonly connections: number;
  readonly random: Random;
}

export interface Sent {
  /** Ids of the events whose request was answered 2xx. */
  readonly accepted: ReadonlySet<string>;
  readonly attempts: number;
  /** Answers other than 2xx, and failures without an answer, by kind. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Resolves when all are accepted. Rejects on an answer that repeating cannot change: a bug of the test or of ingest. */
export async function sendAll(requests: readonly Request[], options: SendOptions): Promise<Sent> {
  const accepted = new Set<string>();
  const failures: Record<string, number> = {};
  let [next, attempts] = [0, 0];
  const work = async (): Promise<void> => {
    for (let request = requests[next++]; request !== undefined; request = requests[next++]) {
      await sleep(Math.max(0, request.dueAt - Date.now()));
      const prepared = prepare(request, options);
      for (let failure = await attempt(prepared, options); ; failure = await attempt(prepared, options)) {
        attempts++;
        if (failure === undefined) break;
        failures[failure] = (failures[failure] ?? 0) + 1;
        await sleep(options.random.between(50, 400));
      }
      for (const id of request.ids) accepted.add(id);
    }
  };
  await Promise.all(Array.from({ length: options.connections }, work));
  return { accepted, attempts, failures };
}

interface Prepared {
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

/** JSON Lines or a JSON array, some compressed: ingest must not care. */
function prepare({ body, imported }: Request, { random, keys }: SendOptions): Prepared {
  const key = Buffer.from(`${imported ? keys.import : keys.write}:`).toString('base64');
  const lines = random.chance(0.5);
  const text = lines ? body : `[${body.replaceAll('\n', ',')}]`;
  const zip = random.chance(0.2);
  const headers = {
    authorization: `Basic ${key}`,
    'content-type': lines ? 'application/x-ndjson' : 'application/json',
    ...(zip && { 'content-encoding': 'gzip' }),
  };
  return { headers, body: zip ? gzipSync(text) : text };
}

/** undefined: accepted, all of it. Anything else will be tried again. */
async function attempt({ headers, body }: Prepared, { urls, random }: SendOptions): Promise<string | undefined> {
  let response: Response;
  try {
    const signal = AbortSignal.timeout(10_000);
    response = await fetch(`${random.pick(urls)}/v1/events`, { method: 'POST', headers, body, signal });
    const text = await response.text();
    if (response.ok) {
      const { rejected } = JSON.parse(text) as { rejected: number };
      if (rejected === 0) return undefined;
      throw new Refused(text);
    }
    if (response.status < 500 && response.status !== 429) throw new Refused(`${response.status} ${text}`);
    return String(response.status);
  } catch (error) {
    if (error instanceof Refused) throw error;
    return 'no answer';
  }
}

class Refused extends Error {}
