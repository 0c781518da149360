/** What kwok is told: how pods live and end, and what their logs say. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';

interface Stage {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: { readonly matchExpressions: MatchExpression[] };
    readonly delay?: { durationMilliseconds: number };
  };
}

interface MatchExpression {
  readonly key: string;
  readonly operator: string;
}

const runForAnnotation = '.metadata.annotations["testbed.likeness.dev/run-for"]';

/** Writes kwok's configuration into `dir`; `jobsRunFor` as in KubernetesOptions. */
export function writeKwokConfig(dir: string, jobsRunFor: string | null): string {
  const logsFile = join(dir, 'pod.log');
  writeFileSync(logsFile, '2026-01-01T00:00:00.000000000Z stdout F a line that a container might print\n');
  const text = readFileSync(join(import.meta.dirname, 'kwok-stages.yaml'), 'utf8');
  const stages = parseAllDocuments(text).map((document) => document.toJS() as Stage);
  for (const { spec } of stages) if (spec.delay) setRunFor(spec as Required<Stage['spec']>, jobsRunFor);
  const logs = {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'ClusterLogs',
    metadata: { name: 'all' },
    spec: { logs: [{ logsFile, follow: false }] },
  };
  const path = join(dir, 'kwok.yaml');
  writeFileSync(path, [...stages, logs].map((object) => stringify(object, { lineWidth: 0 })).join('---\n'));
  return path;
}

function setRunFor({ selector, delay }: Required<Stage['spec']>, jobsRunFor: string | null): void {
  if (jobsRunFor === null) selector.matchExpressions.push({ key: runForAnnotation, operator: 'Exists' });
  else delay.durationMilliseconds = Math.round(Number.parseFloat(jobsRunFor) * 1000);
}
