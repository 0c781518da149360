/** The process of serving: environment, adapters, signals. */
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { connectModelStore } from '../shared/adapters/connect-model-store.ts';
import { connectProfileStore } from '../shared/adapters/connect-profile-store.ts';
import { runService } from '../shared/adapters/process.ts';
import { parseConfig } from './config.ts';
import { start } from './service.ts';

await runService({
  name: 'serving',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const models = connectModelStore(config.modelStore);
    const broker = await connectBroker({ ...config.connections, clientId: `${config.connections.pipeline}.serving` });
    deps.onStop(() => broker.close());
    const store = await connectProfileStore(config.connections);
    deps.onStop(() => store.close());
    return start(config, { ...deps, broker, store, models });
  },
});
