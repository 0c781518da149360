/** The cleaner's process: environment, broker, signals. */
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { connectModelStore } from '../shared/adapters/connect-model-store.ts';
import { runService } from '../shared/adapters/process.ts';
import { parseConfig } from './config.ts';
import { start } from './service.ts';

await runService({
  name: 'cleaner',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const { connections, sessionTimeoutMs } = config;
    const broker = await connectBroker({
      ...connections,
      clientId: `${connections.pipeline}.cleaner`,
      sessionTimeoutMs,
    });
    deps.onStop(() => broker.close());
    const { cleaningModel } = config.spec;
    const models = cleaningModel === undefined ? undefined : connectModelStore(config.modelStore);
    return start(config, { ...deps, broker, models });
  },
});
