/** What is told of a log, and when. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Waiting } from '../shared/adapters/write-ahead-log-segment.ts';
import { createLogReport, isNews, type LogState } from './log-report.ts';

const nothing = { events: 0, bytes: 0 };
const some = { events: 100, bytes: 9000 };

function world({ marked = false, looks = Infinity } = {}) {
  const told: LogState[] = [];
  const failures: unknown[] = [];
  const state = { waiting: nothing as Waiting, fails: 0, marked };
  let markedUntold = false;
  const report = createLogReport({
    send: async (said) => {
      if (state.fails-- > 0) {
        markedUntold ||= state.marked;
        throw new Error('no answer');
      }
      told.push(said);
    },
    mark: {
      isSet: async () => state.marked,
      set: async () => void (state.marked = true),
      clear: async () => void (state.marked = false),
    },
    onFailure: (error) => failures.push(error),
    everyMs: 4,
    looks,
  });
  return { report, told, failures, state, open: () => report.open(() => state.waiting), wasMarked: () => markedUntold };
}

describe('a log', () => {
  it('is told to be open before anything is taken in, however long that lasts', async () => {
    const { told, failures, state, open, wasMarked } = world();
    state.fails = 5;
    await open();
    expect(told).toEqual([{ state: 'Open', ...nothing }]);
    expect(failures).toHaveLength(1);
    // Who dies meanwhile and starts again must wait as well.
    expect(wasMarked()).toBe(false);
    expect(state.marked).toBe(true);
  });

  it('that was never told to be closed waits for nobody', async () => {
    const { told, state, open } = world({ marked: true });
    state.fails = 1;
    await open();
    expect(told).toEqual([]);
    await vi.waitFor(() => expect(told).toEqual([{ state: 'Open', ...nothing }]));
  });

  it('is told of when it changes, and not again', async () => {
    const { told, state, open, report } = world();
    await open();
    state.waiting = some;
    await vi.waitFor(() => expect(told.at(-1)).toEqual({ state: 'Open', ...some }));
    state.waiting = nothing;
    await vi.waitFor(() => expect(told.at(-1)).toEqual({ state: 'Open', ...nothing }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await report.close();
    expect(told).toHaveLength(4);
  });

  it('is told of again after a while, in case that it was forgotten', async () => {
    const { told, open, report } = world({ looks: 3 });
    await open();
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(2));
    await report.close();
    expect(told.slice(0, -1).every(({ state, events }) => state === 'Open' && events === 0)).toBe(true);
  });

  it('is closed with what it still holds, and without its mark', async () => {
    const { told, state, open, report } = world();
    await open();
    state.waiting = some;
    state.fails = 2;
    await report.close();
    expect(told.at(-1)).toEqual({ state: 'Closed', ...some });
    expect(state.marked).toBe(false);
  });

  it('whose end cannot be told stays open', async () => {
    const { told, failures, state, open, report } = world();
    await open();
    state.fails = 9;
    await report.close();
    expect(told.every(({ state: said }) => said === 'Open')).toBe(true);
    expect(failures).toHaveLength(1);
  });
});

it('is news where it becomes nothing or something, or by a tenth', () => {
  const waiting = fc.record({ events: fc.nat(10_000), bytes: fc.constant(0) });
  fc.assert(
    fc.property(waiting, waiting, (told, now) => {
      const flips = (told.events === 0) !== (now.events === 0);
      return isNews(told, now) === (flips || Math.abs(told.events - now.events) > told.events * 0.1);
    }),
  );
});
