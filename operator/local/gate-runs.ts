/** Runs the gate's process once for each candidate that waits for it, and again after a while if that has failed. */
import type { Logger } from 'pino';
import { exitCodes } from '../../services/shared/errors.ts';
import type { GateRequest } from '../gate.ts';

export interface GateRunsOptions {
  /** Runs the gate to its end, and gives its exit code. What it found out is in the stream by then. */
  readonly judge: (request: GateRequest, signal: AbortSignal) => Promise<number>;
  readonly logger: Logger;
  readonly now: () => number;
  /** Before a look that has failed is taken again. */
  readonly retryMs?: number;
}

export interface GateRuns {
  /** Sees to it that each of these is looked at. Never waits. */
  want(requests: readonly GateRequest[]): void;
  close(): Promise<void>;
}

export function createGateRuns({ judge, logger, now, retryMs = 5000 }: GateRunsOptions): GateRuns {
  const stopped = new AbortController();
  /** By request: when it may be looked at again. */
  const notBefore = new Map<string, number>();
  let running: Promise<void> | undefined;
  /** A process that cannot even be started is one that has failed. */
  const codeOf = async (request: GateRequest): Promise<number> => {
    try {
      return await judge(request, stopped.signal);
    } catch (error) {
      logger.error({ runId: request.runId, code: 'GateFailed', error }, 'the gate cannot be run');
      return exitCodes.bug;
    }
  };
  const look = async (key: string, request: GateRequest): Promise<void> => {
    const code = await codeOf(request);
    // A look that went well needs none after it: its verdict is on its way here.
    notBefore.set(key, now() + (code === exitCodes.ok ? 6 * retryMs : retryMs));
    if (code !== exitCodes.ok && !stopped.signal.aborted)
      logger.error({ runId: request.runId, code, retryInMs: retryMs }, 'the gate has failed');
    running = undefined;
  };
  return {
    want: (requests) => {
      // One at a time: each has the whole log in memory.
      if (running !== undefined || stopped.signal.aborted) return;
      const next = requests.find((request) => now() >= (notBefore.get(keyOf(request)) ?? -Infinity));
      if (next !== undefined) running = look(keyOf(next), next);
    },
    close: async () => {
      stopped.abort();
      await running;
    },
  };
}

const keyOf = ({ runId, digest, against }: GateRequest): string => `${runId} ${digest} ${against}`;
