/** A team whose workers leave their parts in the model store: there needs to be no address, and none must be up first. */
import { LikenessError } from '../shared/errors.ts';
import type { Team } from '../shared/learning/team.ts';
import type { RunParts } from '../shared/run-parts.ts';
import type { Clock } from '../shared/service.ts';

export interface PartsTeamOptions {
  readonly parts: RunParts;
  readonly size: number;
  readonly index: number;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<unknown>;
  /** So long it waits for a part of another worker, milliseconds. */
  readonly patienceMs: number;
  /** Between two looks. */
  readonly pollMs?: number;
}

/** Written when the candidates are announced: whoever begins again afterwards has nothing to do. */
export const overPart = 'over';

/** Thrown where a worker finds that its run is over. */
export class RunIsOver extends Error {}

/**
 * Steps are named once each. Rejects with a retryable `WorkerMissing` when a part does not come in time, with RunIsOver,
 * and as the store does.
 */
export function createPartsTeam(options: PartsTeamOptions): Team {
  const { parts, size, index, clock, sleep, patienceMs, pollMs = 1000 } = options;
  const others = Array.from({ length: size }, (_, worker) => worker).filter((worker) => worker !== index);

  async function wait(name: string, from: number): Promise<Uint8Array> {
    const deadline = clock.now() + patienceMs;
    for (;;) {
      const bytes = await parts.get(name);
      if (bytes) return bytes;
      if (await parts.get(overPart)) throw new RunIsOver('The run is over.');
      if (clock.now() >= deadline) throw missing(name, from, patienceMs);
      await sleep(pollMs);
    }
  }

  /** It is not made again where it is there: a run that begins again has much to do anyway. */
  async function leave(name: string, encode: () => Uint8Array): Promise<void> {
    if (!(await parts.get(name))) await parts.create(name, encode());
  }

  return {
    size,
    index,
    sendToFirst: async (step, encode, take) => {
      if (index !== 0) return leave(`${step}.${index}`, encode);
      for (const worker of others) take(await wait(`${step}.${worker}`, worker));
    },
    exchange: async (step, encodeFor, take) => {
      for (const worker of others) await leave(`${step}.${index}-${worker}`, () => encodeFor(worker));
      for (const worker of others) take(await wait(`${step}.${worker}-${index}`, worker));
    },
    share: async (step, encode, take) => {
      await leave(`${step}.${index}`, encode);
      for (const worker of others) take(await wait(`${step}.${worker}`, worker));
    },
    hearFirst: async (step, encode) => {
      if (index !== 0) return wait(`${step}.0`, 0);
      await leave(`${step}.0`, encode);
      return undefined;
    },
  };
}

function missing(name: string, worker: number, patienceMs: number): LikenessError {
  const message =
    `Worker ${worker} has not left its part ${name} for ${patienceMs / 1000} s. Look at its pod: it may wait for a node, ` +
    'or fail. This worker ends, so that what it holds is free; the run goes on where both are there again.';
  return new LikenessError('WorkerMissing', message, { retryable: true });
}
