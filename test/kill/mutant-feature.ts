/** The feature service on a store port with a fault in it. Arguments: flag, mutated (true or false), faults, name. */
import { parseConfig } from '../../services/feature/config.ts';
import { start } from '../../services/feature/service.ts';
import { connectBroker } from '../../services/shared/adapters/connect-broker.ts';
import { connectProfileStore } from '../../services/shared/adapters/connect-profile-store.ts';
import { runService } from '../../services/shared/adapters/process.ts';
import { withoutCompareAndSet, withoutDeduplication } from './mutations.ts';

const [flag = '', mutated, faults = '', name] = process.argv.slice(2);
const injection = { flag, mutated: mutated === 'true' };

await runService({
  name: 'feature',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const { connections, sessionTimeoutMs } = config;
    const broker = await connectBroker({ ...connections, clientId: 'mutant-feature', sessionTimeoutMs });
    deps.onStop(() => broker.close());
    const store = await connectProfileStore(connections);
    deps.onStop(() => store.close());
    // Only one of the two stands still: the other is to take over.
    const pauses = { redis: connections.redis?.url ?? '', pauses: name === 'feature-0' };
    const faulty = faults.includes('compare-and-set') ? withoutCompareAndSet(store, injection, pauses) : store;
    const port = faults.includes('deduplication') ? withoutDeduplication(faulty, injection) : faulty;
    return start(config, { ...deps, broker, store: port });
  },
});
