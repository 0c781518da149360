/** The trainer's process: runs once and exits, with a code that tells bad data, bad configuration and infrastructure apart. */
import { readFileSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { patchReport } from '../shared/adapters/config-map-report.ts';
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { connectArchive, connectModelStore, connectRunParts } from '../shared/adapters/connect-model-store.ts';
import { interruptible } from '../shared/adapters/interruptible.ts';
import { invertInThreads } from '../shared/adapters/sweep-threads.ts';
import { createTelemetry } from '../shared/adapters/telemetry.ts';
import { nativeHome, openTensorBackend } from '../shared/adapters/tensor/open.ts';
import type { Broker } from '../shared/broker.ts';
import { exitCodeOf, exitCodes, LikenessError } from '../shared/errors.ts';
import { parsePrivateKey } from '../shared/learning/signing.ts';
import type { TensorBackend } from '../shared/learning/tensor/tensor-backend.ts';
import { withArchive } from '../shared/with-archive.ts';
import { noReporter, reportLatest, type Reporter } from '../shared/reporter.ts';
import type { Telemetry } from '../shared/service.ts';
import { parseConfig, type TrainerConfig } from './config.ts';
import { runTogether } from './run-together.ts';
import { runAlone } from './run-alone.ts';
import { openOnce } from './tensors.ts';

function readSigningKey(file: string): KeyObject {
  try {
    return parsePrivateKey(readFileSync(file, 'utf8'), file);
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    throw new LikenessError('BadConfig', `LIKENESS_SIGNING_KEY: the file ${file} cannot be read`, { cause });
  }
}

/** One of several workers speaks for all. */
function reporterOf({ report, workers }: TrainerConfig, { logger }: Telemetry): Reporter {
  if (report === undefined || workers.index !== 0) return noReporter;
  const onFailure = (error: unknown): void => logger.warn({ code: 'ReportFailed', error }, 'progress is not reported');
  return reportLatest({ send: (progress) => patchReport(report, progress), onFailure, sleep });
}

/** With the archive, where there is one: then events-clean begins where that does. */
function withHistory(broker: Broker, { archive, modelStore, topics }: TrainerConfig): Broker {
  return archive ? withArchive(broker, topics['events-clean'], connectArchive(modelStore, archive)) : broker;
}

/** Not among the runs of the pipeline, which are cleared when they are over. */
const sumsOf = ({ connections }: TrainerConfig, model: string) => ({
  pipeline: `${connections.pipeline}.sums`,
  runId: model,
});

const placeOf = ({ connections, runId }: TrainerConfig) => ({ pipeline: connections.pipeline, runId });

/** TensorFlow where it is installed. */
function openTensors({ tensors: { gpus, home = nativeHome(process.env) } }: TrainerConfig): Promise<TensorBackend> {
  return openTensorBackend({ want: 'auto', gpus, home, environment: process.env });
}

async function train(config: TrainerConfig, telemetry: Telemetry): Promise<void> {
  const models = connectModelStore(config.modelStore);
  const signingKey = readSigningKey(config.signingKeyFile);
  const broker = await connectBroker({ ...config.connections, clientId: `${config.connections.pipeline}.trainer` });
  const reporter = reporterOf(config, telemetry);
  try {
    const inverter = invertInThreads(availableParallelism());
    const tensors = openOnce(() => openTensors(config), telemetry);
    const deps = {
      tensors,
      interruptible,
      broker: withHistory(broker, config),
      models,
      signingKey,
      inverter,
      clock: Date,
      telemetry,
      reporter,
      sumsOf: (model: string) => connectRunParts(config.modelStore, sumsOf(config, model)),
    };
    const parts = connectRunParts(config.modelStore, placeOf(config));
    if (config.workers.size === 1) await runAlone(config, deps, parts);
    else await runTogether(config, { ...deps, checkpoints: parts }, parts);
  } finally {
    await reporter.close();
    await broker.close();
  }
}

let telemetry = createTelemetry('trainer', 'info');
let exitCode: number = exitCodes.ok;
try {
  const config = parseConfig(process.env);
  telemetry = createTelemetry('trainer', config.logLevel);
  await train(config, telemetry);
} catch (error) {
  exitCode = exitCodeOf(error);
  const code = error instanceof LikenessError ? error.code : 'Bug';
  telemetry.logger.fatal({ code, error, exitCode }, 'the run has failed');
}
process.exit(exitCode);
