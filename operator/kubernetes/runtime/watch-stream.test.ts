import { expect, it } from 'vitest';
import { readWatch } from './watch-stream.ts';

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

async function all(body: AsyncIterable<Uint8Array>): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const { object } of readWatch<number>(body, 'watch x')) events.push(object);
  return events;
}

const line = (object: unknown) => `${JSON.stringify({ type: 'ADDED', object })}\n`;

it('reads several events of one chunk, one of several chunks, and empty lines', async () => {
  const third = line('three');
  expect(
    await all(chunks(`${line(1)}${line(2)}\n${third.slice(0, 9)}`, third.slice(9, 12), `${third.slice(12)}${line(4)}`)),
  ).toEqual([1, 2, 'three', 4]);
});

it('is a lost connection when it ends inside an event, however politely, after the whole ones', async () => {
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const { object } of readWatch(chunks(line(1), '{"type":"AD'), 'watch x')) seen.push(object);
  })();
  await expect(reading).rejects.toMatchObject({ code: 0, reason: 'ConnectionLost' });
  expect(seen).toEqual([1]);
});

it('is a lost connection when the body fails or is no JSON', async () => {
  await expect(all(chunks('<html>\n'))).rejects.toMatchObject({ reason: 'ConnectionLost' });
});
