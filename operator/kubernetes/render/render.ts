/** Plan → Kubernetes objects. Pure: no clock, no I/O; the same input always gives the same objects in the same order. */
import { LikenessError } from '../../../services/shared/errors.ts';
import type { Plan } from '../../plan.ts';
import { driftReport, ingestReport, serviceAccount, trainerReport, trialReport } from './access.ts';
import { renderAutoscalers } from './autoscaling.ts';
import { disruptionBudget } from './disruption.ts';
import { environmentOf, stageConfigMap } from './environment.ts';
import { renderKafkaTopics } from './kafka-topics.ts';
import { modelsVolumeClaim } from './models-volume.ts';
import { renderMonitors } from './monitors.ts';
import { renderNetworkPolicies } from './network.ts';
import { type KubernetesObject, type RenderOptions, renderingOf } from './rendering.ts';
import { renderServices } from './services.ts';
import { specConfigMap } from './spec-config-map.ts';
import { trustedKeysConfigMap } from './trusted-keys.ts';
import { renderWorkload } from './workloads.ts';

/**
 * Everything of a pipeline but its trainings (training-job.ts) and its own Secrets, in an order in which it can be
 * applied: what a pod names comes before it, and downstream stages before ingest. Throws LikenessError `BadSpec` for a
 * spec that only one machine can run, or whose environment is too long for a process.
 */
export function renderPipeline(plan: Plan, options: RenderOptions): KubernetesObject[] {
  const rendering = renderingOf(plan, options);
  checkClustered(rendering.spec);
  // A training is made later, when it would be late to say so.
  for (const workload of plan.workloads) environmentOf(rendering, workload);
  const services = plan.workloads.filter(({ kind }) => kind === 'service').toReversed();
  return [
    ...plan.workloads.map(({ name }) => serviceAccount(rendering, name)),
    ...trainerReport(rendering),
    ...ingestReport(rendering),
    ...driftReport(rendering),
    ...trialReport(rendering),
    specConfigMap(rendering),
    ...services.map((workload) => stageConfigMap(rendering, workload)),
    ...trustedKeysConfigMap(rendering),
    ...modelsVolumeClaim(rendering),
    ...renderKafkaTopics(rendering),
    ...renderNetworkPolicies(rendering),
    ...renderServices(rendering),
    // Nobody waits for the archive: the log keeps what comes meanwhile.
    ...services.filter(({ name }) => name !== 'archive').map(({ name }) => disruptionBudget(rendering, name)),
    ...services.map((workload) => renderWorkload(rendering, workload)),
    ...renderAutoscalers(rendering),
    ...renderMonitors(rendering),
  ];
}

/** Pods share nothing but Kafka and Redis; the embedded log and store are files of one process. */
function checkClustered({ kafka, store }: RenderOptions['spec']): void {
  const missing = [...(kafka ? [] : ['spec.kafka']), ...(store ? [] : ['spec.store'])];
  if (missing.length === 0) return;
  throw new LikenessError(
    'BadSpec',
    `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing: in a cluster a pipeline needs ` +
      'spec.kafka.bootstrapServers and spec.store.redis.url; without them it runs on one machine, by `likeness up`',
  );
}
