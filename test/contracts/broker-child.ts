/** A consumer in a process of its own, for the contract of the Broker: says `batch` for each one, and never ends it. */
import { connectBroker, type BrokerAddress } from '../../services/shared/adapters/connect-broker.ts';

const [address, topic, group] = process.argv.slice(2) as [string, string, string];
const broker = await connectBroker(JSON.parse(address) as BrokerAddress);
await broker.consume({
  group,
  topics: [topic],
  onBatch: () => {
    process.stdout.write('batch\n');
    return new Promise(() => setInterval(() => {}, 1_000));
  },
  onFatal: (error) => {
    throw error;
  },
});
