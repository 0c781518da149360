/** The gate's process: judges one candidate and exits. Another process than the trainer's, without the key that signs. */
import { connectBroker } from '../../shared/adapters/connect-broker.ts';
import { connectArchive, connectModelStore } from '../../shared/adapters/connect-model-store.ts';
import { createTelemetry } from '../../shared/adapters/telemetry.ts';
import { readTrustedKeys } from '../../shared/adapters/trusted-keys.ts';
import { exitCodeOf, exitCodes, LikenessError } from '../../shared/errors.ts';
import { withArchive } from '../../shared/with-archive.ts';
import type { Telemetry } from '../../shared/service.ts';
import { parseConfig, type GateConfig } from './config.ts';
import { run } from './service.ts';

async function look(config: GateConfig, telemetry: Telemetry): Promise<void> {
  const models = connectModelStore(config.modelStore);
  const trustedKeys = readTrustedKeys(config.trustedKeyFiles);
  const broker = await connectBroker({ ...config.connections, clientId: `${config.connections.pipeline}.gate` });
  try {
    const { archive, modelStore, topics } = config;
    const history = archive ? withArchive(broker, topics['events-clean'], connectArchive(modelStore, archive)) : broker;
    await run(config, { broker: history, models, trustedKeys, clock: Date, now: () => performance.now(), telemetry });
  } finally {
    await broker.close();
  }
}

let telemetry = createTelemetry('gate', 'info');
let exitCode: number = exitCodes.ok;
try {
  const config = parseConfig(process.env);
  telemetry = createTelemetry('gate', config.logLevel);
  await look(config, telemetry);
} catch (error) {
  exitCode = exitCodeOf(error);
  const code = error instanceof LikenessError ? error.code : 'Bug';
  telemetry.logger.fatal({ code, error, exitCode }, 'the gate has failed');
}
process.exit(exitCode);
