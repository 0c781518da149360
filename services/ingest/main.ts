/** The ingest process. */
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { runService } from '../shared/adapters/process.ts';
import { parseConfig } from './config.ts';
import { start } from './service.ts';

await runService({
  name: 'ingest',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const broker = await connectBroker({ kafka: config.kafka, dataDir: config.data, clientId: 'likeness-ingest' });
    deps.onStop(() => broker.close());
    return start(config, { ...deps, broker });
  },
});
