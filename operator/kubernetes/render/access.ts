/** Who a stage's pods are to the API server: accounts without any right, but for the reports of some. Pure. */
import type { V1PolicyRule, V1RoleRef, RbacV1Subject } from '@kubernetes/client-node';
import type { StageName } from '../../plan.ts';
import { childName, metadataOf } from './metadata.ts';
import type { KubernetesObject, Rendering } from './rendering.ts';

/** By which the operator finds reports. */
export const reportLabel = 'likeness.dev/report';

export function serviceAccount(rendering: Rendering, stage: StageName): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadataOf(rendering, { name: childName(rendering, stage), component: stage }),
    automountServiceAccountToken: false,
  };
}

/** The ConfigMap in which a training says how far it is. */
export function trainerReportName(rendering: Rendering): string {
  return childName(rendering, 'trainer-report');
}

/** The ConfigMap in which each pod of ingest says, under its name, what of its log is not in Kafka yet. */
export function ingestReportName(rendering: Rendering): string {
  return childName(rendering, 'ingest-report');
}

export const trainerReport = (rendering: Rendering): KubernetesObject[] =>
  reportOf(rendering, 'trainer', { name: trainerReportName(rendering), of: 'trainer' });

/** None without a log. */
export function ingestReport(rendering: Rendering): KubernetesObject[] {
  const keepsLog = rendering.plan.workloads.some(({ storage }) => storage !== undefined);
  return keepsLog ? reportOf(rendering, 'ingest', { name: ingestReportName(rendering), of: 'ingest' }) : [];
}

/** The ConfigMap in which whoever runs the detectors says what was found of drift. */
export function driftReportName(rendering: Rendering): string {
  return childName(rendering, 'drift-report');
}

/** None where no model is watched. */
export function driftReport(rendering: Rendering): KubernetesObject[] {
  const watches = rendering.plan.workloads.some((workload) => workload.watches);
  return watches ? reportOf(rendering, 'feature', { name: driftReportName(rendering), of: 'drift' }) : [];
}

/** The ConfigMap in which each pod of serving says, under its name, how the model on trial does. */
export function trialReportName(rendering: Rendering): string {
  return childName(rendering, 'trial-report');
}

/** Where there are models, there are trials. */
export const reportsTrials = ({ plan }: Rendering): boolean => plan.workloads.some(({ name }) => name === 'gate');

export function trialReport(rendering: Rendering): KubernetesObject[] {
  if (!reportsTrials(rendering)) return [];
  return reportOf(rendering, 'serving', { name: trialReportName(rendering), of: 'trial' });
}

interface ReportKind {
  readonly name: string;
  /** What it is about. */
  readonly of: 'trainer' | 'ingest' | 'drift' | 'trial';
}

/** The report without any data, which is the stage's, and the right to patch this object and nothing else. */
function reportOf(
  rendering: Rendering,
  stage: 'trainer' | 'ingest' | 'feature' | 'serving',
  { name, of }: ReportKind,
): KubernetesObject[] {
  const metadata = metadataOf(rendering, { name, component: stage });
  const found = metadataOf(rendering, { name, component: stage, labels: { [reportLabel]: of } });
  const rules: V1PolicyRule[] = [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: [name], verbs: ['patch'] },
  ];
  const roleRef: V1RoleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
  const account = childName(rendering, stage);
  const subjects: RbacV1Subject[] = [
    { kind: 'ServiceAccount', name: account, namespace: rendering.plan.pipeline.namespace },
  ];
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: found },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata, roleRef, subjects },
  ];
}
