/** Logs and metrics of one service: pino to standard output, one JSON object a line, and a registry of its own. */
import { type DestinationStream, type LoggerOptions, pino } from 'pino';
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
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
  const hooks = { logMethod: countLines(registry) };
  const settings = { level, base: { service }, serializers: { error: describeError }, hooks };
  return { logger: options.destination ? pino(settings, options.destination) : pino(settings), registry };
}

const counted: Readonly<Record<number, string>> = { 40: 'warn', 50: 'error', 60: 'fatal' };

/** What goes wrong is logged with its code, so that counting the lines counts the errors. */
function countLines(registry: Registry): NonNullable<LoggerOptions['hooks']>['logMethod'] {
  const lines = new Counter({
    name: 'likeness_log_lines_total',
    help: 'Lines of the log from warn on, by the code of what went wrong; empty where there is none',
    labelNames: ['level', 'code'],
    registers: [registry],
  });
  for (const level of Object.values(counted)) lines.inc({ level, code: '' }, 0);
  return function (args, method, level) {
    const name = counted[level];
    if (name !== undefined) lines.inc({ level: name, code: codeIn(args[0]) });
    method.apply(this, args);
  };
}

function codeIn(bindings: unknown): string {
  if (typeof bindings !== 'object' || bindings === null) return '';
  const { code, error } = bindings as { readonly code?: unknown; readonly error?: unknown };
  const found = code ?? (error instanceof Error && 'code' in error ? error.code : undefined);
  return typeof found === 'string' ? found : '';
}

/** What a log says of an error: its code where it has one, its message, where it came from, and what caused it. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? error.code : undefined;
  const cause = error.cause === undefined ? undefined : describeError(error.cause);
  return { code, message: error.message, stack: error.stack, cause };
}
