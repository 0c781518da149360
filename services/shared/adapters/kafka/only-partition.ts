/** An assignment of one partition: kafkajs cannot read a partition without a group. */
import type { PartitionAssigner } from 'kafkajs';
import { AssignerProtocol } from './kafkajs.ts';

const { MemberAssignment, MemberMetadata } = AssignerProtocol;
const version = 1;
const userData = Buffer.alloc(0);

/** For groups of one member and one topic. */
export function onlyPartition(partition: number): PartitionAssigner {
  const name = `OnlyPartition${partition}`;
  return () => ({
    name,
    version,
    protocol: ({ topics }) => ({ name, metadata: MemberMetadata.encode({ version, topics, userData }) }),
    assign: async ({ members, topics }) =>
      members.map(({ memberId }) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version,
          assignment: Object.fromEntries(topics.map((topic) => [topic, [partition]])),
          userData,
        }),
      })),
  });
}
