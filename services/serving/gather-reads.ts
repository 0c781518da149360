/**
 * Reads that are asked for in one turn of the event loop go to the store together. Each request still costs its own
 * read, and nothing is kept; what is shared is the write to the socket, which costs more than all else a read does.
 */
import type { ProfileStore } from '../shared/profile-store.ts';

type GetStates = ProfileStore['get'];

interface Waiting {
  readonly keys: Parameters<GetStates>[0];
  readonly resolve: (states: Awaited<ReturnType<GetStates>>) => void;
  readonly reject: (error: unknown) => void;
}

export function gatherReads(store: Pick<ProfileStore, 'get'>): Pick<ProfileStore, 'get'> {
  let waiting: Waiting[] = [];

  async function flush(): Promise<void> {
    const together = waiting;
    waiting = [];
    try {
      const states = await store.get(together.flatMap(({ keys }) => keys));
      let start = 0;
      for (const { keys, resolve } of together) resolve(states.slice(start, (start += keys.length)));
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }

  return {
    get: (keys) =>
      new Promise((resolve, reject) => {
        if (waiting.push({ keys, resolve, reject }) === 1) setImmediate(() => void flush());
      }),
  };
}
