/** How far the stages are behind: records before the cleaner and the feature service, history that changed features lack. */
import type { Broker } from '../../services/shared/broker.ts';
import { featureSlice } from '../../crds/slices.ts';
import { readActiveFeatures, statesTag } from '../../services/shared/active-features.ts';
import { readBackfill, standingOf } from '../../services/shared/backfill.ts';
import { compileFeatures } from '../../services/shared/profile/compile.ts';
import type { PartitionTag, ProfileStore } from '../../services/shared/profile-store.ts';
import { groupName, topicName } from '../topics.ts';
import type { Observed } from '../backend.ts';
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
  const tags = await servedTags({ store, plan });
  const behind = offsets.map(async ({ partition, low, high }) => {
    const { watermark } = await store.read(tags[partition]!, []);
    return high - Math.max(low, (watermark?.offset ?? -1) + 1);
  });
  return sum(await Promise.all(behind));
}

export async function countProfiles({ store, plan }: LagSources): Promise<number> {
  let count = 0;
  for (const tag of await servedTags({ store, plan })) for await (const _id of store.list(tag)) count++;
  return count;
}

type FeatureSources = Pick<LagSources, 'store' | 'plan'>;

/** By partition: where the states lie that are served. */
async function servedTags({ store, plan: { pipeline, partitions } }: FeatureSources): Promise<PartitionTag[]> {
  const { slot } = (await readActiveFeatures(store, pipeline)) ?? { slot: 0 };
  return Array.from({ length: partitions }, (_, partition) => statesTag(pipeline, partition, slot));
}

/** undefined: the features that are served are the spec's. */
export async function observeBackfill({ store, plan }: FeatureSources): Promise<Observed['backfill']> {
  const { pipeline, partitions, workloads } = plan;
  const active = await readActiveFeatures(store, pipeline);
  const env = workloads.find(({ name }) => name === 'feature')?.env['LIKENESS_SPEC'];
  if (active === undefined || env === undefined) return undefined;
  const { features, events, identity } = featureSlice.parse(JSON.parse(env));
  const { hash: wanted } = compileFeatures(features, events, { mergeOn: identity.mergeOn });
  if (wanted === active.hash) return undefined;
  return standingOf(await readBackfill(store, { pipeline, partitions, active, wanted }));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);
