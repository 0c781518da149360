/** The trainer's process: runs once and exits, with a code that tells bad data, bad configuration and infrastructure apart. */
import { readFileSync } from 'node:fs';
import type { KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { connectModelStore } from '../shared/adapters/connect-model-store.ts';
import { invertInThreads } from '../shared/adapters/sweep-threads.ts';
import { createTelemetry } from '../shared/adapters/telemetry.ts';
import { exitCodeOf, exitCodes, LikenessError } from '../shared/errors.ts';
import { parsePrivateKey } from '../shared/learning/signing.ts';
import type { Telemetry } from '../shared/service.ts';
import { parseConfig, type TrainerConfig } from './config.ts';
import { run } from './service.ts';

function readSigningKey(file: string): KeyObject {
  try {
    return parsePrivateKey(readFileSync(file, 'utf8'), file);
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    throw new LikenessError('BadConfig', `LIKENESS_SIGNING_KEY: the file ${file} cannot be read`, { cause });
  }
}

async function train(config: TrainerConfig, telemetry: Telemetry): Promise<void> {
  const models = connectModelStore(config.modelStore);
  const signingKey = readSigningKey(config.signingKeyFile);
  const broker = await connectBroker({ ...config.connections, clientId: `${config.connections.pipeline}.trainer` });
  try {
    const inverter = invertInThreads(availableParallelism());
    await run(config, { broker, models, signingKey, inverter, clock: Date, telemetry });
  } finally {
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
