/** The contract of the Broker port: what every event log must do, whatever it is made of. */
import { describe } from 'vitest';
import { topicsContract } from './broker-topics.ts';
import { producingContract } from './broker-producing.ts';
import { consumingContract } from './broker-consuming.ts';
import { positionsContract } from './broker-positions.ts';
import { groupsContract } from './broker-groups.ts';
import { readingContract } from './broker-reading.ts';
import { BrokerWorld, type BrokerHarness } from './broker-world.ts';

export function brokerContract(name: string, makeHarness: () => Promise<BrokerHarness>): void {
  describe(`Broker contract: ${name}`, () => {
    const world = new BrokerWorld(makeHarness);
    topicsContract(world);
    producingContract(world);
    consumingContract(world);
    positionsContract(world);
    groupsContract(world);
    readingContract(world);
  });
}
