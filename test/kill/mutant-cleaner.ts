/** The cleaner on a broker port that commits before it produces. Arguments: flag, mutated (true or false). */
import { parseConfig } from '../../services/cleaner/config.ts';
import { start } from '../../services/cleaner/service.ts';
import { connectBroker } from '../../services/shared/adapters/connect-broker.ts';
import { runService } from '../../services/shared/adapters/process.ts';
import { withCommitBeforeProduce } from './mutations.ts';

const [flag, mutated] = process.argv.slice(2);

await runService({
  name: 'cleaner',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const { connections, sessionTimeoutMs } = config;
    const broker = await connectBroker({ ...connections, clientId: 'mutant-cleaner', sessionTimeoutMs });
    deps.onStop(() => broker.close());
    const wrapped = withCommitBeforeProduce(broker, { flag: flag!, mutated: mutated === 'true' });
    return start(config, { ...deps, broker: wrapped });
  },
});
