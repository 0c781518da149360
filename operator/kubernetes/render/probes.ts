/** How the kubelet asks a stage whether it lives and is ready, and how it lets it stop. Pure. */
import type { V1Container, V1Probe } from '@kubernetes/client-node';
import type { StageName } from '../../plan.ts';

/** The shell of services/shared/adapters/process.ts stops within 25 s of SIGTERM. */
const stopSeconds = 25;

/** Load balancers need so long to hear that a pod is going; until then it still answers. */
const withdrawSeconds = 5;

const answersCalls = (stage: StageName): boolean => stage === 'ingest' || stage === 'serving';

/** With a few seconds to spare, or the kubelet would kill what is about to end. */
export function gracePeriodSeconds(stage: StageName): number {
  return stopSeconds + (answersCalls(stage) ? withdrawSeconds : 0) + 5;
}

type Probed = Pick<V1Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe' | 'lifecycle'>;

export function probesOf(stage: StageName): Probed {
  return {
    // A start may wait for the broker for a while, and listens only then.
    startupProbe: { ...ask('/livez'), periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 60 },
    readinessProbe: { ...ask('/readyz'), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
    // Restarting what is only slow makes it slower: a minute without any answer.
    livenessProbe: { ...ask('/livez'), periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 4 },
    ...(answersCalls(stage) && { lifecycle: { preStop: { sleep: { seconds: withdrawSeconds } } } }),
  };
}

function ask(path: string): Pick<V1Probe, 'httpGet'> {
  return { httpGet: { path, port: 'http', scheme: 'HTTP' } };
}
