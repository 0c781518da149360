/** Ingest: events over HTTP, durable before they are answered. */
import { randomUUID } from 'node:crypto';
import type { CommonDeps, Service } from '../shared/service.ts';
import { openWriteAheadLog } from '../shared/adapters/write-ahead-log.ts';
import { type LogFolder, openLogFolder } from '../shared/adapters/write-ahead-log-folder.ts';
import { openAccessKeyFile } from '../shared/adapters/access-key-file.ts';
import { createAccess } from './access.ts';
import { type IngestBroker, openBrokerLink } from './broker-link.ts';
import type { IngestConfig } from './config.ts';
import { createDelivery } from './delivery.ts';
import type { LogReport } from './log-report.ts';
import { eventsInLot } from './lot.ts';
import { createMetrics, watchLoad } from './metrics.ts';
import { createPressure } from './pressure.ts';
import { createRateLimit } from './rate-limit.ts';
import { createReader } from './read-request.ts';
import { createReceiver } from './receive.ts';
import { createRoutes } from './routes.ts';

export interface IngestDeps extends CommonDeps {
  readonly broker: IngestBroker;
  readonly newId?: () => string;
  /** The files of the write-ahead log; tests pass a disk that breaks. */
  readonly openFolder?: (path: string) => Promise<LogFolder>;
  /** Who is told how much of the log waits. */
  readonly logReport?: LogReport | undefined;
}

/** Bodies and events in memory, whatever their number. */
const pendingBytes = 128 * 1024 * 1024;

/**
 * Starts without the broker too: then it is not ready, or with a log writes that alone. What the log owes from an
 * earlier run is delivered in the background, before newer events. Rejects with `BadConfig` if the write keys cannot
 * be read, with the system's error if the log's folder cannot.
 */
export async function start(config: IngestConfig, deps: IngestDeps): Promise<Service> {
  const { telemetry, clock, broker } = deps;
  const { logger, registry } = telemetry;
  const keyFile = config.writeKeysFile === undefined ? undefined : openAccessKeyFile(config.writeKeysFile, logger);
  const log = await openLog(config, deps);
  const link = await openBrokerLink({ broker, topics: config.topics, logger });
  const pressure = createPressure({ pendingEvents: config.limits.pendingEvents, pendingBytes });
  const spillEvents = Math.ceil(config.limits.pendingEvents / 4);
  const delivery = createDelivery({ link, log, pressure, spillEvents, partitions: config.partitions, logger });
  const metrics = createMetrics(registry);
  watchLoad(registry, pressure, log);
  const access = createAccess(keyFile?.keys, config.open);
  const rate = createRateLimit(config.limits.eventsPerSecond);
  const onFailure = (error: unknown): void => logger.debug({ error }, 'events could not be made durable');
  const receiver = createReceiver({ delivery, rate, metrics, clock, onFailure });
  const reader = createReader({
    access,
    partitions: config.partitions,
    now: () => clock.now(),
    newId: deps.newId ?? randomUUID,
  });
  const onBug = (error: unknown): void => logger.error({ error }, 'a request failed');
  if (log !== undefined) await deps.logReport?.open(() => log.waiting);

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    keyFile?.close();
    await delivery.stop();
    await deps.logReport?.close();
    await link.stop();
  };
  return {
    name: 'ingest',
    handler: createRoutes({ access, reader, receiver, pressure, metrics, onBug }),
    health: () => delivery.health(),
    stop: () => (stopped ??= stop()),
  };
}

async function openLog(config: IngestConfig, deps: IngestDeps) {
  if (config.log === undefined) return undefined;
  const { logger } = deps.telemetry;
  const log = await openWriteAheadLog({
    folder: await (deps.openFolder ?? openLogFolder)(config.log.folder),
    maxBytes: config.log.maxBytes,
    onDamage: (error) => logger.error({ error, code: error.code }, 'the write-ahead log is damaged'),
    eventsIn: eventsInLot,
  });
  if (log.hasBacklog) logger.info(log.waiting, 'an earlier run left events in the write-ahead log');
  return log;
}
