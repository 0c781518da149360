/** The life of a service's process: environment, start, HTTP, signals, exit code. Every main.ts is one call of this. */
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodeOf, exitCodes } from '../errors.ts';
import type { CommonDeps, Service, Telemetry } from '../service.ts';
import { serveHttp } from './http.ts';
import { createTelemetry, type LogLevel } from './telemetry.ts';

/** What the shell itself needs of a service's configuration. */
export interface ShellConfig {
  readonly host: string;
  readonly port: number;
  readonly logLevel: LogLevel;
}

export interface ProgramDeps extends CommonDeps {
  /** Closes an adapter when the service has stopped (or its start failed), in the reverse order of the calls. */
  readonly onStop: (close: () => Promise<void>) => void;
}

export interface Program<Config extends ShellConfig> {
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Pure; throws LikenessError `BadConfig`. */
  readonly parseConfig: (env: Readonly<Record<string, string | undefined>>) => Config;
  readonly start: (config: Config, deps: ProgramDeps) => Promise<Service>;
}

/** Below the 30 s that Kubernetes gives a pod. */
const stopDeadlineMs = 25_000;

/** Runs until SIGTERM, SIGINT or a fatal error, then stops once and ends the process with the error's exit code. */
export async function runService<Config extends ShellConfig>(program: Program<Config>): Promise<void> {
  const life = createLife(program.name);
  try {
    const config = program.parseConfig(program.env);
    life.telemetry = createTelemetry(program.name, config.logLevel, { processMetrics: true });
    const { telemetry, closers, fail } = life;
    const onStop = (close: () => Promise<void>) => void closers.push(close);
    const starting = program.start(config, { telemetry, clock: Date, onFatal: fail, onStop });
    // A signal must not wait for a start that waits for a broker.
    const service = await Promise.race([starting, life.ended]);
    if (service !== undefined) {
      closers.push(() => service.stop());
      await listen(life, service, config);
      await life.ended;
    }
  } catch (error) {
    life.fail(error);
  }
  process.exit(await stop(life));
}

async function listen(life: Life, service: Service, { host, port }: ShellConfig): Promise<void> {
  const { telemetry, closers } = life;
  const http = await serveHttp({ host, port, services: [service], telemetry });
  closers.push(() => http.close());
  const name = host.includes(':') ? `[${host}]` : host;
  telemetry.logger.info({ address: `http://${name}:${http.port}`, port: http.port }, 'listening');
}

interface Life {
  telemetry: Telemetry;
  readonly closers: (() => Promise<void>)[];
  /** Resolves at the first signal or fatal error. */
  readonly ended: Promise<void>;
  readonly fail: (error: unknown) => void;
  exitCode: number;
}

function createLife(name: string): Life {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const life: Life = {
    telemetry: createTelemetry(name, 'info'),
    closers: [],
    ended,
    exitCode: exitCodes.ok,
    fail: (error) => {
      life.telemetry.logger.fatal({ code: codeOf(error), error }, 'cannot go on');
      // The first cause names the exit code; what breaks while stopping is only logged.
      life.exitCode ||= exitCodeOf(error);
      end();
    },
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      life.telemetry.logger.info({ signal }, 'stopping');
      end();
    });
  const bug = (error: unknown) => {
    life.exitCode ||= exitCodes.bug;
    life.fail(error);
  };
  process.on('unhandledRejection', bug);
  process.on('uncaughtException', bug);
  return life;
}

/** Closes in reverse order: first HTTP (requests under way still need the service), then the service, then adapters. */
async function stop(life: Life): Promise<number> {
  const late = sleep(stopDeadlineMs, 'late' as const);
  for (const close of life.closers.toReversed()) {
    const outcome = await Promise.race([close().catch(life.fail), late]);
    if (outcome !== 'late') continue;
    life.telemetry.logger.error({ deadlineMs: stopDeadlineMs }, 'did not stop in time');
    return life.exitCode || exitCodes.infrastructure;
  }
  life.telemetry.logger.info({ exitCode: life.exitCode }, 'stopped');
  return life.exitCode;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'Bug';
}
