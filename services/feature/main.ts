/** The feature service's process: environment, broker, store, signals. */
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { connectProfileStore } from '../shared/adapters/connect-profile-store.ts';
import { runService } from '../shared/adapters/process.ts';
import { parseConfig } from './config.ts';
import { start } from './service.ts';

await runService({
  name: 'feature',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const { kafka, redis, data, sessionTimeoutMs } = config;
    const broker = await connectBroker({ kafka, dataDir: data, clientId: 'likeness-feature', sessionTimeoutMs });
    deps.onStop(() => broker.close());
    const store = await connectProfileStore({ redis, dataDir: data });
    deps.onStop(() => store.close());
    return start(config, { ...deps, broker, store });
  },
});
