/** The feature service's process: environment, broker, store, signals. */
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { connectArchive, connectModelStore } from '../shared/adapters/connect-model-store.ts';
import { connectProfileStore } from '../shared/adapters/connect-profile-store.ts';
import { runService } from '../shared/adapters/process.ts';
import { withArchive } from '../shared/with-archive.ts';
import { parseConfig } from './config.ts';
import { start } from './service.ts';

await runService({
  name: 'feature',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const { connections, sessionTimeoutMs } = config;
    const log = await connectBroker({
      ...connections,
      clientId: `${connections.pipeline}.feature`,
      sessionTimeoutMs,
    });
    deps.onStop(() => log.close());
    const { archive, topics, modelStore } = config;
    const broker = archive
      ? withArchive(log, topics['events-clean'], connectArchive(modelStore, archive), { optional: true })
      : log;
    const store = await connectProfileStore(connections);
    deps.onStop(() => store.close());
    const models = config.watch === undefined ? undefined : connectModelStore(modelStore);
    return start(config, { ...deps, broker, store, models });
  },
});
