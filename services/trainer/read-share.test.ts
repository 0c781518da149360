import { expect, it } from 'vitest';
import type { Broker } from '../shared/broker.ts';
import type { Team } from '../shared/learning/team.ts';
import { alone } from '../shared/learning/team.ts';
import type { RunParts } from '../shared/run-parts.ts';
import { readShare } from './read-share.ts';

/** Worker 1 of 2, whose one partition holds records from `low` to `high`. */
function world() {
  const kept = new Map<string, Uint8Array>();
  const parts = {
    create: async (name: string, bytes: Uint8Array) => void (kept.has(name) || kept.set(name, bytes)),
    get: async (name: string) => kept.get(name),
  } as unknown as RunParts;
  const team: Team = { ...alone, size: 2, index: 1 };
  const log = { low: 10, high: 20 };
  const asked: unknown[] = [];
  const broker = {
    offsets: async () => [
      { partition: 0, low: 0, high: 9 },
      { partition: 1, ...log },
    ],
    async *read(range: unknown) {
      asked.push(range);
      yield [];
    },
  } as unknown as Broker;
  return { log, asked, read: () => readShare({ broker, topic: 'clean', team, parts }, [() => undefined]) };
}

it('reads its own partitions, and when it begins again the same records', async () => {
  const { log, asked, read } = world();
  const share = { topic: 'clean', partition: 1, from: 10, to: 20 };
  await read();
  log.high = 30;
  await read();
  expect(asked).toEqual([share, share]);
});

it.each([
  ['its beginning', { low: 11, high: 30 }],
  ['its end', { low: 10, high: 19 }],
])('ends where the log has lost %s of what it read before', async (_name, changed) => {
  const { log, read } = world();
  await read();
  Object.assign(log, changed);
  await expect(read()).rejects.toMatchObject({
    code: 'LogGap',
    message: expect.stringContaining('partition 1 from offset 10 to 20'),
  });
});
