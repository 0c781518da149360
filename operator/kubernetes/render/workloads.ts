/** The Deployment of a stage; for ingest with a write-ahead log a StatefulSet, whose pods keep their volumes. Pure. */
import type { V1DeploymentSpec, V1EnvVar, V1PersistentVolumeClaim, V1StatefulSetSpec } from '@kubernetes/client-node';
import type { Workload } from '../../plan.ts';
import { driftReportName, ingestReportName, reportsTrials, trialReportName } from './access.ts';
import { tokenMount, tokenVolume } from './api-token.ts';
import { stageConfigName } from './environment.ts';
import { httpPort } from './image-layout.ts';
import { childName, metadataOf, podLabels, stageSelector } from './metadata.ts';
import { logVolume } from './mounts.ts';
import { type PodParts, podTemplate, spread } from './pod.ts';
import { gracePeriodSeconds, probesOf } from './probes.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

type Storage = NonNullable<Workload['storage']>;

export function renderWorkload(rendering: Rendering, workload: Workload): KubernetesObject {
  return workload.storage ? statefulSet(rendering, workload, workload.storage) : deployment(rendering, workload);
}

function deployment(rendering: Rendering, workload: Workload): KubernetesObject {
  const { name: stage } = workload;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadataOf(rendering, { name: childName(rendering, stage), component: stage }),
    spec: {
      ...replicasField(rendering, workload),
      // Old pods would name ConfigMaps that are gone; the way back is the spec.
      revisionHistoryLimit: 2,
      selector: { matchLabels: stageSelector(rendering, stage) },
      // A new pod must be ready before an old one goes: what does not start cannot take a stage down.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: podTemplate(rendering, workload, deploymentParts(rendering, workload)),
    } satisfies V1DeploymentSpec,
  };
}

/** Nothing where an autoscaler decides: two writers of one number would fight over it for ever. */
function replicasField({ plan }: Rendering, { replicas, autoscaling }: Workload): { readonly replicas?: number } {
  if (plan.suspended) return { replicas: 0 };
  return autoscaling ? {} : { replicas };
}

export function headlessName(rendering: Rendering): string {
  return childName(rendering, 'ingest-pods');
}

function statefulSet(rendering: Rendering, workload: Workload, storage: Storage): KubernetesObject {
  const { name: stage } = workload;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadataOf(rendering, { name: childName(rendering, stage), component: stage }),
    spec: {
      ...replicasField(rendering, workload),
      serviceName: headlessName(rendering),
      revisionHistoryLimit: 2,
      selector: { matchLabels: stageSelector(rendering, stage) },
      // No pod waits for another: each has a log of its own.
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      // Events that were accepted may still be in it; the operator removes a volume when it is drained.
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      volumeClaimTemplates: [logClaim(rendering, storage)],
      template: podTemplate(rendering, workload, loggedParts(rendering, workload)),
    } satisfies V1StatefulSetSpec,
  };
}

/** Labelled as the operator's, so that it finds the volumes; the labels never change, because a StatefulSet's claim templates may not. */
function logClaim(rendering: Rendering, { size, storageClassName }: Storage): V1PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: logVolume, labels: podLabels(rendering, 'ingest') },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: size } },
      ...(storageClassName !== undefined && { storageClassName }),
    },
  };
}

/** Where models are watched, any pod may come to be the one that reports drift; each of serving reports trials. */
function deploymentParts(rendering: Rendering, workload: Workload): PodParts {
  const { environment, container, pod } = serviceParts(rendering, workload, 'pod-template-hash');
  const env = reportEnv(rendering, workload);
  if (env.length === 0) return { environment, container, pod };
  return {
    environment: { ...environment, env },
    container: { ...container, volumeMounts: [tokenMount] },
    pod: { ...pod, volumes: [tokenVolume] },
  };
}

function reportEnv(rendering: Rendering, { name, watches }: Workload): V1EnvVar[] {
  if (watches) return [{ name: 'LIKENESS_REPORT', value: driftReportName(rendering) }];
  if (name !== 'serving' || !reportsTrials(rendering)) return [];
  return [{ name: 'LIKENESS_REPORT', value: trialReportName(rendering) }, ownField('LIKENESS_POD', 'metadata.name')];
}

/** Says under its own name what of its log is not in Kafka yet. */
function loggedParts(rendering: Rendering, workload: Workload): PodParts {
  const { environment, container, pod } = serviceParts(rendering, workload, 'controller-revision-hash');
  return {
    environment: { ...environment, env: reportVariables(rendering) },
    container: { ...container, volumeMounts: [tokenMount] },
    pod: { ...pod, volumes: [tokenVolume] },
  };
}

function reportVariables(rendering: Rendering): V1EnvVar[] {
  return [
    { name: 'LIKENESS_REPORT', value: ingestReportName(rendering) },
    ownField('LIKENESS_POD', 'metadata.name'),
    ownField('LIKENESS_POD_UID', 'metadata.uid'),
  ];
}

function ownField(name: string, fieldPath: string): V1EnvVar {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}

function serviceParts(rendering: Rendering, workload: Workload, revisionLabel: string): PodParts {
  const { name: stage } = workload;
  return {
    environment: { envFrom: [{ configMapRef: { name: stageConfigName(rendering, workload) } }] },
    container: {
      ports: [{ name: 'http', containerPort: httpPort, protocol: 'TCP' }],
      ...probesOf(stage),
    },
    pod: {
      terminationGracePeriodSeconds: gracePeriodSeconds(stage),
      topologySpreadConstraints: spread(stageSelector(rendering, stage), revisionLabel),
    },
  };
}
