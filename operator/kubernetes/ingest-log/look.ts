/** Looks at the logs of a pipeline's ingest: from caches where that will do, and at the API server where not. */
import type { V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import type { Children } from '../children.ts';
import { pipelineLabel } from '../render/metadata.ts';
import type { Api } from '../runtime/api.ts';
import { kinds } from '../runtime/kinds.ts';
import { refOf, type KubeObject } from '../runtime/resource.ts';
import type { Reports } from '../training/reports.ts';
import type { LogVolume } from './decide.ts';
import { logReportIn } from './log-report.ts';
import { podName } from './verdict.ts';

export interface LookDeps {
  readonly api: Pick<Api, 'listPage' | 'find'>;
  readonly children: Pick<Children, 'of'>;
  readonly reports: Pick<Reports, 'logsOf'>;
}

/** The StatefulSet of ingest as it is cached. */
export interface LogSet extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly volumeClaimTemplates?: readonly {
      readonly spec?: {
        readonly storageClassName?: string;
        readonly resources?: { readonly requests?: { readonly storage?: string } };
      };
    }[];
  };
  readonly status?: { readonly observedGeneration?: number; readonly replicas?: number };
}

const componentLabel = 'app.kubernetes.io/component';

export const isOfIngest = ({ metadata }: KubeObject): boolean => metadata.labels?.[componentLabel] === 'ingest';

export function logSetOf({ children }: LookDeps, key: string): LogSet | undefined {
  return children.of(key).find((child) => child.kind === 'StatefulSet' && isOfIngest(child));
}

/** Those that are not about to go. */
export function cachedClaims({ children }: Pick<LookDeps, 'children'>, key: string): KubeObject[] {
  const claims = children.of(key).filter((child) => child.kind === 'PersistentVolumeClaim' && isOfIngest(child));
  return claims.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** Without pods, and as if every claim had a volume: more than there may be, and never less. */
export function cachedVolumes(deps: LookDeps, key: string): LogVolume[] {
  const { name } = refOf(key);
  const claims = cachedClaims(deps, key);
  if (claims.length === 0) return [];
  const data = deps.reports.logsOf(key);
  return claims
    .flatMap(({ metadata }) => {
      const ordinal = ordinalOf(metadata.name, name);
      if (ordinal === undefined) return [];
      const report = logReportIn(data, podName(name, ordinal));
      return [{ claim: metadata.name, ordinal, isBound: true, report, pod: undefined }];
    })
    .toSorted((a, b) => a.ordinal - b.ordinal);
}

/** Pods first, then what they say: who is gone has said its last. */
export async function lookAtVolumes({ api }: LookDeps, key: string): Promise<LogVolume[]> {
  const { namespace = '', name } = refOf(key);
  const selection = { namespace, labelSelector: `${pipelineLabel}=${name},${componentLabel}=ingest` };
  const pods = await api.listPage<V1Pod & KubeObject>(kinds.Pod, selection);
  const claims = await api.listPage<V1PersistentVolumeClaim & KubeObject>(kinds.PersistentVolumeClaim, selection);
  const report = await api.find<KubeObject & { readonly data?: Readonly<Record<string, string>> }>(kinds.ConfigMap, {
    namespace,
    name: `${name}-ingest-report`,
  });
  const podOf = new Map(pods.items.map((pod) => [pod.metadata.name, pod]));
  return claims.items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap(({ metadata, status }) => {
      const ordinal = ordinalOf(metadata.name, name);
      if (ordinal === undefined) return [];
      const pod = podOf.get(podName(name, ordinal))?.metadata;
      return [
        {
          claim: metadata.name,
          ordinal,
          // One that has lost its volume had one.
          isBound: status?.phase !== 'Pending',
          report: logReportIn(report?.data, podName(name, ordinal)),
          pod: pod && { uid: pod.uid ?? '', isGoing: pod.deletionTimestamp !== undefined },
        },
      ];
    })
    .toSorted((a, b) => a.ordinal - b.ordinal);
}

/** `log-shop-ingest-3` is of the pod 3; what has another name is not a pod's. */
function ordinalOf(claim: string, pipeline: string): number | undefined {
  const prefix = `log-${pipeline}-ingest-`;
  const number = claim.startsWith(prefix) ? claim.slice(prefix.length) : '';
  return /^\d+$/.test(number) ? Number(number) : undefined;
}
