/** The feature service's process: environment, broker, store, signals. */
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { connectModelStore } from '../shared/adapters/connect-model-store.ts';
import { connectProfileStore } from '../shared/adapters/connect-profile-store.ts';
import { runService } from '../shared/adapters/process.ts';
import { parseConfig } from './config.ts';
import { start } from './service.ts';

await runService({
  name: 'feature',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const { connections, sessionTimeoutMs } = config;
    const broker = await connectBroker({
      ...connections,
      clientId: `${connections.pipeline}.feature`,
      sessionTimeoutMs,
    });
    deps.onStop(() => broker.close());
    const store = await connectProfileStore(connections);
    deps.onStop(() => store.close());
    const models = config.watch === undefined ? undefined : connectModelStore(config.modelStore);
    return start(config, { ...deps, broker, store, models });
  },
});
