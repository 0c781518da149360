import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broker } from '../services/shared/broker.ts';
import type { DeadLetter } from '../services/shared/event.ts';
import { runDeadLetters, type DeadLetterIo, type DeadLetterOptions } from './dead-letters.ts';

const letter = (source: string, more: Partial<DeadLetter> = {}): DeadLetter => ({
  reason: 'TooLate',
  detail: 'late',
  source,
  stage: 'cleaner',
  refusedAt: '2024-02-01T12:00:00.000Z',
  event: { id: source, type: 'view', userId: 'u', ingestedAt: 'x', receivedAt: 'x' },
  ...more,
});

type Answer = { readonly status: number; readonly body?: unknown; readonly retryAfter?: number };

function createSubject(
  partitions: readonly DeadLetter[][],
  answer: (event: { id?: string }) => Answer = () => ({ status: 202 }),
) {
  const posted: { url: string; event: Record<string, unknown>; authorization: string | null }[] = [];
  const [printed, notes]: [string[], string[]] = [[], []];
  const sleeps: number[] = [];
  const record = (value: DeadLetter, offset: number) => ({
    offset,
    key: value.source,
    value: Buffer.from(JSON.stringify(value)),
    timestamp: 0,
  });
  const broker: Pick<Broker, 'offsets' | 'read'> = {
    offsets: () =>
      Promise.resolve(partitions.map((letters, partition) => ({ partition, low: 0, high: letters.length }))),
    async *read({ partition, from, to }) {
      for (let offset = from; offset < to; offset++) yield [record(partitions[partition]![offset]!, offset)];
    },
  };
  const io: DeadLetterIo = {
    broker,
    topic: 'dead',
    terminal: { print: (line) => void printed.push(line), note: (line) => void notes.push(line) },
    now: Date.parse('2024-02-01T13:00:00.000Z'),
    sleep: (ms) => Promise.resolve(void sleeps.push(ms)),
    fetch: (url, init) => {
      const event = JSON.parse(init!.body as string) as Record<string, unknown>;
      posted.push({ url: (url as URL).href, event, authorization: new Headers(init!.headers).get('authorization') });
      const { status, body, retryAfter } = answer(event);
      const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
      return Promise.resolve(Response.json(body ?? {}, { status, headers }));
    },
  };
  const run = (command: 'list' | 'replay', options: DeadLetterOptions = {}) => runDeadLetters(command, options, io);
  return { run, printed, notes, posted, sleeps };
}

describe('list', () => {
  const letters = [
    [letter('a-0-0-0'), letter('a-0-0-0'), letter('a-0-1-0', { reason: 'Bot' })],
    [letter('a-1-0-0', { refusedAt: '2024-02-01T10:00:00.000Z', event: '{"broken' })],
  ];
  it.each<[DeadLetterOptions, string[]]>([
    [{}, ['a-0-0-0', 'a-0-1-0', 'a-1-0-0']],
    [{ reason: 'TooLate' }, ['a-0-0-0', 'a-1-0-0']],
    [{ since: '2h' }, ['a-0-0-0', 'a-0-1-0']],
    [{ since: '2024-02-01T10:00:00Z' }, ['a-0-0-0', 'a-0-1-0', 'a-1-0-0']],
    [{ since: '2024-02-01T12:00:00+01:00' }, ['a-0-0-0', 'a-0-1-0']],
    [{ limit: 2 }, ['a-0-0-0', 'a-0-1-0']],
    [{ limit: 0 }, []],
  ])('%o', async (options, sources) => {
    const { run, printed, notes } = createSubject(letters);
    expect(await run('list', { ...options, json: true })).toBe(0);
    expect(printed.map((line) => (JSON.parse(line) as DeadLetter).source)).toEqual(sources);
    expect(notes[0]).toMatch(new RegExp(`^${sources.length} dead letters`));
  });

  it('ends with how many there are of each reason, the most first', async () => {
    const { run, notes } = createSubject(letters);
    await run('list');
    expect(notes).toEqual(['3 dead letters: TooLate 2, Bot 1']);
  });

  it('says in one line what, why and where', async () => {
    const { run, printed } = createSubject(letters);
    await run('list', { limit: 1 });
    expect(printed).toEqual(['2024-02-01T12:00:00.000Z  TooLate  cleaner  a-0-0-0  view a-0-0-0  late']);
  });

  it('refuses a time that is none', async () => {
    const { run } = createSubject(letters);
    await expect(run('list', { since: 'yesterday' })).rejects.toMatchObject({ code: 'Usage' });
  });
});

describe('replay', () => {
  const to = 'http://127.0.0.1:1';
  it('sends the event again under its own id, without what the cleaner added', async () => {
    const sent = { id: 'e', type: 'view', userId: 'u', item: { brand: 'B' } };
    const clean = letter('f', { stage: 'feature', event: { ...sent, profile: 'u', tags: ['t'] } });
    const stamped = letter('g', { stage: 'feature', event: { ...sent, profile: 'u', itemVersion: '1' } });
    const { run, posted, notes } = createSubject([[clean, stamped]]);
    expect(await run('replay', { to, key: 'k' })).toBe(0);
    const { item: _, ...withoutItem } = sent;
    expect(posted.map(({ event }) => event)).toEqual([sent, withoutItem]);
    expect(posted[0]).toMatchObject({ url: `${to}/v1/events`, authorization: 'Basic azo=' });
    expect(notes).toEqual(['2 accepted, 0 refused, 0 not replayable']);
  });

  it('says what became of each', async () => {
    const refusal = { status: 400, body: { code: 'NoType', message: 'type must be there' } };
    const letters = [letter('a'), letter('b'), letter('c', { event: '{"broken' })];
    const { run, printed } = createSubject([letters], ({ id }) => (id === 'b' ? refusal : { status: 202 }));
    expect(await run('replay', { to, json: true })).toBe(65);
    expect(printed.map((line) => JSON.parse(line) as unknown)).toEqual([
      { source: 'a', reason: 'TooLate', outcome: 'accepted', detail: '' },
      { source: 'b', reason: 'TooLate', outcome: 'refused', detail: 'NoType: type must be there' },
      { source: 'c', reason: 'TooLate', outcome: 'notReplayable', detail: 'what arrived is no JSON object' },
    ]);
  });

  it.each([401, 500])('stops at %d, which would meet every letter', async (status) => {
    const { run, posted } = createSubject([[letter('a'), letter('b')]], () => ({ status }));
    await expect(run('replay', { to })).rejects.toMatchObject({ retryable: status !== 401 });
    expect(posted).toHaveLength(1);
  });

  it.each([429, 503])('waits as long as ingest asks after %d, and sends the same event again', async (status) => {
    const answers: Answer[] = [{ status, retryAfter: 7 }, { status }, { status: 202 }, { status: 202 }];
    const { run, posted, sleeps, notes } = createSubject([[letter('a'), letter('b')]], () => answers.shift()!);
    expect(await run('replay', { to })).toBe(0);
    expect(posted.map(({ event }) => event['id'])).toEqual(['a', 'a', 'a', 'b']);
    expect(sleeps).toEqual([7000, 1000]);
    expect(notes).toEqual(['2 accepted, 0 refused, 0 not replayable']);
  });

  it.each([
    [50, [50_000, 50_000]],
    [121, []],
  ])('gives up where an ingest asks for %d s again and again', async (retryAfter, waits) => {
    const { run, posted, sleeps } = createSubject([[letter('a'), letter('b')]], () => ({ status: 429, retryAfter }));
    await expect(run('replay', { to })).rejects.toMatchObject({ code: 'BrokerUnavailable', retryable: true });
    expect(sleeps).toEqual(waits);
    expect(posted).toHaveLength(waits.length + 1);
  });

  it('needs an address', async () => {
    await expect(createSubject([[]]).run('replay')).rejects.toMatchObject({ code: 'Usage' });
  });
});

describe('a second replay', () => {
  const to = 'http://127.0.0.1:1';
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'likeness-replayed-'))));
  afterAll(() => rmSync(folder, { recursive: true }));
  const idsOf = ({ posted }: ReturnType<typeof createSubject>) => posted.map(({ event }) => event['id']);
  const letters = [[letter('a'), letter('b'), letter('b'), letter('c')]];

  it('leaves out what was accepted before, and only that', async () => {
    const replayed = join(folder, 'refused.jsonl');
    const first = createSubject(letters, ({ id }) => ({ status: id === 'b' ? 400 : 202 }));
    expect(await first.run('replay', { to, replayed })).toBe(65);
    const second = createSubject(letters);
    expect(await second.run('replay', { to, replayed })).toBe(0);
    expect(idsOf(second)).toEqual(['b']);
    expect(second.notes).toEqual([
      '1 accepted, 0 refused, 0 not replayable',
      '2 replayed before and left out; --again sends them too',
    ]);
    const again = createSubject(letters);
    await again.run('replay', { to, replayed, again: true });
    expect(idsOf(again)).toEqual(['a', 'b', 'c']);
  });

  it('goes on behind the limit and behind an abort', async () => {
    const replayed = join(folder, 'limited.jsonl');
    await createSubject(letters).run('replay', { to, replayed, limit: 1 });
    const aborted = createSubject(letters, ({ id }) => ({ status: id === 'c' ? 500 : 202 }));
    await expect(aborted.run('replay', { to, replayed })).rejects.toMatchObject({ code: 'BrokerUnavailable' });
    const last = createSubject(letters);
    await last.run('replay', { to, replayed, limit: 1 });
    expect([idsOf(aborted), idsOf(last)]).toEqual([['b', 'c'], ['c']]);
  });

  it('sends once more what a crash kept from being remembered', async () => {
    const replayed = join(folder, 'torn.jsonl');
    await createSubject([[letter('a')]]).run('replay', { to, replayed });
    appendFileSync(replayed, '\n"b');
    const [second, third] = [createSubject(letters), createSubject(letters)];
    await second.run('replay', { to, replayed });
    await third.run('replay', { to, replayed });
    expect([idsOf(second), idsOf(third)]).toEqual([['b', 'c'], []]);
  });

  it('lists everything still', async () => {
    const replayed = join(folder, 'listed.jsonl');
    await createSubject(letters).run('replay', { to, replayed });
    const { run, notes } = createSubject(letters);
    await run('list', { replayed });
    expect(notes).toEqual(['3 dead letters: TooLate 3']);
  });
});
