/** How far the stages are behind: records that wait before the cleaner and before the feature service. */
import type { Broker } from '../../services/shared/broker.ts';
import { partitionTag, type ProfileStore } from '../../services/shared/profile-store.ts';
import { groupName, topicName } from '../topics.ts';
import type { Plan } from '../plan.ts';

export interface LagSources {
  readonly broker: Broker;
  readonly store: ProfileStore;
  readonly plan: Plan;
}

/** Records of `events-raw` that the cleaner's group has not committed. */
export async function cleanerLag({ broker, plan }: LagSources): Promise<number> {
  const topic = topicName(plan.pipeline, 'events-raw');
  const committed = await broker.committed(groupName(plan.pipeline, 'cleaner'), topic);
  const offsets = await broker.offsets(topic);
  return sum(offsets.map(({ partition, low, high }) => high - Math.max(low, committed.get(partition) ?? 0)));
}

/** Records of `events-clean` behind the watermarks, which alone say what profiles contain. */
export async function featureLag({ broker, store, plan }: LagSources): Promise<number> {
  const offsets = await broker.offsets(topicName(plan.pipeline, 'events-clean'));
  const behind = offsets.map(async ({ partition, low, high }) => {
    const { watermark } = await store.read(partitionTag(plan.pipeline, partition), []);
    return high - Math.max(low, (watermark?.offset ?? -1) + 1);
  });
  return sum(await Promise.all(behind));
}

export async function countProfiles({ store, plan }: LagSources): Promise<number> {
  let count = 0;
  for (let partition = 0; partition < plan.partitions; partition++)
    for await (const _id of store.list(partitionTag(plan.pipeline, partition))) count++;
  return count;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
