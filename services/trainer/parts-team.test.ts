import { expect, it } from 'vitest';
import type { RunParts } from '../shared/run-parts.ts';
import { createPartsTeam, overPart, RunIsOver } from './parts-team.ts';

/** Parts in memory, and a clock that goes on only while somebody sleeps. */
function world({ onSleep = () => undefined as unknown } = {}) {
  const all = new Map<string, Uint8Array>();
  let now = 0;
  const parts: RunParts = {
    create: async (name, bytes) => void (all.has(name) || all.set(name, bytes)),
    get: async (name) => all.get(name),
    clear: async () => undefined,
    clearOthers: async () => undefined,
  };
  const team = (index: number) =>
    createPartsTeam({
      parts,
      size: 2,
      index,
      clock: { now: () => now },
      sleep: async (ms) => {
        now += ms;
        onSleep();
      },
      patienceMs: 10_000,
    });
  return { all, team };
}

const bytes = Buffer.from('part');
const encode = () => bytes;

it('gives a part to whoever waits for it, and makes none again that is there', async () => {
  const { team } = world();
  await team(1).sendToFirst('step', encode, () => undefined);
  await team(1).sendToFirst(
    'step',
    () => expect.unreachable(),
    () => undefined,
  );
  const taken: unknown[] = [];
  await team(0).sendToFirst('step', encode, (part) => taken.push(part));
  expect(taken).toEqual([bytes]);
});

it('ends who waits for a part of a run that is over, whose parts are gone', async () => {
  const { all, team } = world({ onSleep: () => all.set(overPart, bytes) });
  await expect(team(1).hearFirst('weights', encode)).rejects.toBeInstanceOf(RunIsOver);
});

it('waits for no part for ever, and says whose it is', async () => {
  const { team } = world();
  await expect(team(0).sendToFirst('step', encode, () => undefined)).rejects.toMatchObject({
    code: 'WorkerMissing',
    retryable: true,
    message: expect.stringContaining('Worker 1 has not left its part step.1 for 10 s'),
  });
});
