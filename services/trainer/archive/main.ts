/** The archive's process. */
import { connectBroker } from '../../shared/adapters/connect-broker.ts';
import { connectArchive } from '../../shared/adapters/connect-model-store.ts';
import { runService } from '../../shared/adapters/process.ts';
import { warnOfStrays } from '../../shared/archive/strays.ts';
import { parseConfig } from './config.ts';
import { start } from './service.ts';

await runService({
  name: 'archive',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const archive = connectArchive(config.modelStore, config.place, warnOfStrays(deps.telemetry.logger));
    const broker = await connectBroker({ ...config.connections, clientId: `${config.connections.pipeline}.archive` });
    deps.onStop(() => broker.close());
    return start(config, { ...deps, broker, archive });
  },
});
