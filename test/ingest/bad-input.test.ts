/** The proof on bad input: ten thousand bodies, only documented answers, and exactly what was accepted is stored. */
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BadBody, createBadBodies } from './bad-bodies.ts';
import { largestGoodBody } from './good-bodies.ts';
import { type IngestProcess, startIngest } from './ingest-process.ts';
import { type Answer, createLedger } from './ledger.ts';

const seed = Number(process.env['LIKENESS_SEED'] ?? 20_240_501);
const total = Number(process.env['LIKENESS_BAD_BODIES'] ?? 10_000);
const connections = 8;
const warmUp = 1500;
vi.setConfig({ testTimeout: 600_000 });
const documented = [202, 400, 401, 404];
const reached = [
  '202 all',
  '202 mixed',
  '400 BadEncoding',
  '400 BatchTooLarge',
  '400 BodyTooLarge',
  '400 NotJson',
  '400 Unauthenticated',
  '401 Unauthenticated',
  '404 NotFound',
];

let ingest: IngestProcess;
const agent = new Agent({ keepAlive: true, maxSockets: connections });
beforeAll(async () => {
  ingest = await startIngest();
});
afterAll(async () => {
  agent.destroy();
  expect(await ingest.stop()).toBe(0);
});

function send(body: BadBody, authorised = true): Promise<{ status: number; answer: Answer }> {
  const headers: Record<string, string> = { ...body.headers };
  if (authorised) headers['authorization'] = `Basic ${Buffer.from(`${ingest.writeKey}:`).toString('base64')}`;
  if (!body.chunked) headers['content-length'] = String(body.bytes.length);
  return new Promise((resolve, reject) => {
    const sent = request(ingest.url + body.path, { method: body.method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Answer;
        resolve({ status: response.statusCode!, answer });
      });
    });
    sent.on('error', reject);
    sent.end(body.bytes);
  });
}

async function inParallel(count: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: connections }, worker));
}

describe(`${total} bad bodies of seed ${seed}`, () => {
  it('are answered as documented, change nothing but what is accepted, and cost no memory', async () => {
    const bodyAt = createBadBodies(seed);
    const ledger = createLedger();
    const exchange = async (body: BadBody, authorised: boolean): Promise<void> => {
      const { status, answer } = await send(body, authorised);
      expect(documented, `${body.method} ${body.path}: ${JSON.stringify(answer)}`).toContain(status);
      if (status !== 202) expect(answer).toMatchObject({ code: expect.any(String) as string });
      if (status === 400) expect(answer.accepted).toBe(0);
      ledger.note(body, status, answer);
    };

    // What good bodies of the largest size need, the bad ones may need too, but little more.
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, ingest.residentBytes())), 20);
    await inParallel(warmUp, (number) => exchange(largestGoodBody(number), true));
    expect([...ledger.answers]).toEqual([['202 all', warmUp]]);
    const needed = peak;
    await inParallel(total, (number) => exchange(bodyAt(number), number % 50 !== 49));
    clearInterval(watch);

    const kept = (await ingest.stored()).map(({ id }) => id);
    const sent = new Set(ledger.ids);
    expect(kept.filter((id) => sent.has(id)).toSorted()).toEqual(ledger.ids.toSorted());
    expect(kept.filter((id) => !sent.has(id))).toHaveLength(ledger.unnamed);
    expect((await ingest.storedItems()).map(String).toSorted()).toEqual(ledger.items.toSorted());
    expect(ingest.child.exitCode).toBeNull();

    const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024);
    const answers = Object.fromEntries(ledger.answers);
    const memory = { neededMb: megabytes(needed), growthMb: megabytes(peak - needed) };
    console.log(JSON.stringify({ seed, bodies: total, events: kept.length, mixed: ledger.mixed, ...memory, answers }));
    expect(memory.growthMb).toBeLessThan(100);
    // The generator must reach everything that is documented, or it proves little.
    expect(ledger.mixed).toBeGreaterThan(total / 50);
    expect(Object.keys(answers)).toEqual(expect.arrayContaining(reached));
  });
});
