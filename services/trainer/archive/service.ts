/** The archive's process: looks at the log again and again, and flushes when it is told to stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Archive } from '../../shared/archive.ts';
import type { Broker } from '../../shared/broker.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { CommonDeps, Service } from '../../shared/service.ts';
import { Archiver, type ArchiverConfig } from './archiver.ts';
import { createMetrics } from './metrics.ts';

export interface ArchiveDeps extends CommonDeps {
  /** Stays open when the service stops: who opened it closes it. */
  readonly broker: Broker;
  readonly archive: Archive;
}

const longestTickMs = 5000;
/** Below the 25 s that a process has to stop. */
const flushWithinMs = 15_000;

export function start(config: ArchiverConfig, deps: ArchiveDeps): Promise<Service> {
  const { telemetry, onFatal } = deps;
  const archiver = new Archiver(config, { ...deps, metrics: createMetrics(telemetry.registry) });
  const stopping = new AbortController();
  let trouble: string | undefined;

  async function look(signal: AbortSignal, flush: boolean): Promise<void> {
    try {
      await archiver.look(signal, flush);
      trouble = undefined;
    } catch (error) {
      if (!(error instanceof LikenessError && error.retryable)) throw error;
      trouble = error.message;
      telemetry.logger.warn({ code: error.code, error }, 'will try again');
    }
  }

  async function loop(): Promise<void> {
    const tickMs = Math.min(longestTickMs, config.limits.ageMs / 5);
    for (; !stopping.signal.aborted; await sleep(tickMs, undefined, { signal: stopping.signal }).catch(() => undefined))
      await look(stopping.signal, false);
  }

  const looping = loop().catch(onFatal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await looping;
    // What is not flushed by then stays in the log.
    await look(AbortSignal.timeout(flushWithinMs), true);
  };
  let stopped: Promise<void> | undefined;
  return Promise.resolve({
    name: 'archive',
    health: () => {
      if (stopping.signal.aborted) return { ready: false, reasons: ['stopping'] };
      return { ready: trouble === undefined, reasons: trouble === undefined ? [] : [trouble] };
    },
    stop: () => (stopped ??= stop()),
  });
}
