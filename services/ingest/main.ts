/** The ingest process: environment, broker, signals. */
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { runService } from '../shared/adapters/process.ts';
import { parseConfig } from './config.ts';
import { lateBroker } from './late-broker.ts';
import { start } from './service.ts';

await runService({
  name: 'ingest',
  env: process.env,
  parseConfig,
  start: (config, deps) => {
    const connect = () => connectBroker({ ...config.connections, clientId: `${config.connections.pipeline}.ingest` });
    // With a write-ahead log ingest works while Kafka is away, also when it starts.
    const broker = lateBroker(connect, deps.onFatal);
    deps.onStop(() => broker.close());
    return start(config, { ...deps, broker });
  },
});
