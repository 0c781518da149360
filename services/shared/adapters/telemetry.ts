/** Logs and metrics of one service: pino to standard output, one JSON object a line, and a registry of its own. */
import { type DestinationStream, pino } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Telemetry } from '../service.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * Every log line and every sample carries `service`. `processMetrics` adds CPU, memory, event loop and GC of the
 * process: once a process, however many services it runs. `destination` takes the log instead of standard output.
 */
export function createTelemetry(
  service: string,
  level: LogLevel,
  options: { readonly processMetrics?: boolean; readonly destination?: DestinationStream } = {},
): Telemetry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const settings = { level, base: { service }, serializers: { error: describeError } };
  return { logger: options.destination ? pino(settings, options.destination) : pino(settings), registry };
}

/** What a log says of an error: its code where it has one, its message, where it came from, and what caused it. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : undefined;
  const cause = error.cause === undefined ? undefined : describeError(error.cause);
  return { code, message: error.message, stack: error.stack, cause };
}
