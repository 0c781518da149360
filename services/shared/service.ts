/** What every service's `start(config, deps)` takes and gives; main.ts and operator/local are the two callers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Health {
  readonly ready: boolean;
  /** Why not, in words for a person; empty when ready. */
  readonly reasons: readonly string[];
  /** What is wrong without keeping the service from its work, in words for a person. */
  readonly notes?: readonly string[];
}

export interface Service {
  readonly name: string;
  /** Routes of the service itself; `/livez`, `/readyz` and `/metrics` are added by the shell (adapters/http.ts). */
  readonly handler?: Handler;
  health(): Health;
  /** Drains, commits, leaves the group. Idempotent. */
  stop(): Promise<void>;
}

export interface Telemetry {
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** The parts of the environment that every service shares. */
export interface CommonDeps {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Called when the service cannot go on; the shell then stops the process with the error's exit code. */
  readonly onFatal: (error: unknown) => void;
}
