/** A larger log: the volumes grow where they are, and the StatefulSet, whose template may not change, is made anew. */
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { quantity } from '../../../crds/cluster.ts';
import { describeError } from '../../../services/shared/errors.ts';
import type { Plan, Workload } from '../../plan.ts';
import { pipelineLabel } from '../render/metadata.ts';
import { ApiError } from '../runtime/api-error.ts';
import type { Api } from '../runtime/api.ts';
import type { Applied } from '../runtime/apply.ts';
import { kinds } from '../runtime/kinds.ts';
import { refOf, type KubeObject } from '../runtime/resource.ts';
import type { LogSet } from './look.ts';

type Storage = NonNullable<Workload['storage']>;
type Claim = KubeObject & Pick<V1PersistentVolumeClaim, 'spec'>;

const templateOf = (set: LogSet) => set.spec?.volumeClaimTemplates?.[0]?.spec;
const sizeOf = (set: LogSet): string => templateOf(set)?.resources?.requests?.storage ?? '0';

export const isToGrow = (set: LogSet, { size }: Storage): boolean => quantity(size) > quantity(sizeOf(set));

/** A volume neither shrinks nor changes its class: only another one can be so. */
export function needsOtherVolumes(set: LogSet, { size, storageClassName }: Storage): boolean {
  return quantity(size) < quantity(sizeOf(set)) || templateOf(set)?.storageClassName !== storageClassName;
}

/** One that was kept of an earlier pipeline may have less than a StatefulSet of today would give it. */
export const isSmall = ({ spec }: Claim, { size }: Storage): boolean =>
  quantity(size) > quantity(spec?.resources?.requests?.['storage'] ?? '0');

export interface Growing {
  /** To be made anew, because its template asks for less. */
  readonly set: LogSet | undefined;
  readonly storage: Storage;
  /** The spec's way with volumes that are empty. */
  readonly deletionPolicy: Plan['deletionPolicy'];
}

/**
 * The volume that cannot grow, undefined if all have. Only then is the StatefulSet deleted, and its pods go on running:
 * the next one of that name takes them over.
 */
export async function growLogs(
  api: Pick<Api, 'listPage' | 'mergePatch' | 'delete'>,
  key: string,
  growing: Growing,
): Promise<Applied | undefined> {
  const { namespace = '', name } = refOf(key);
  const { set, storage } = growing;
  const labelSelector = `${pipelineLabel}=${name},app.kubernetes.io/component=ingest`;
  const { items } = await api.listPage<Claim>(kinds.PersistentVolumeClaim, { namespace, labelSelector });
  for (const claim of items.filter((each) => isSmall(each, storage))) {
    const patch = { spec: { resources: { requests: { storage: storage.size } } } };
    const failure = await api
      .mergePatch(kinds.PersistentVolumeClaim, { namespace, name: claim.metadata.name }, patch)
      .then(() => undefined, refused);
    if (failure !== undefined) return stuck(claim, failure, growing);
  }
  if (set === undefined) return undefined;
  const { uid } = set.metadata;
  await api.delete(
    kinds.StatefulSet,
    { namespace, name: set.metadata.name },
    { propagation: 'Orphan', ...(uid && { uid }) },
  );
  return undefined;
}

function stuck(claim: Claim, failure: unknown, { storage, deletionPolicy }: Growing): Applied {
  const remove = deletionPolicy === 'Retain' ? ', delete the claim' : '';
  const error = new Error(
    `${claim.metadata.name} cannot grow to ${storage.size}: ${describeError(failure)}. ` +
      'Allow it in the StorageClass (allowVolumeExpansion) or the quota, or take spec.ingest.log out, wait until ' +
      `IngestDrained is gone${remove}, and put it in again`,
  );
  return { wanted: { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, action: 'Failed', error };
}

/** A class that does not allow it, or a quota. Everything else passes, and is tried again. */
function refused(error: unknown): unknown {
  if (error instanceof ApiError && (error.code === 403 || error.code === 422)) return error;
  throw error;
}
