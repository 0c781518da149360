/** A larger log: the volumes grow where they are, and the StatefulSet, whose template may not change, is made anew. */
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node';
import { quantity } from '../../../crds/cluster.ts';
import { describeError } from '../../../services/shared/errors.ts';
import type { Workload } from '../../plan.ts';
import { pipelineLabel } from '../render/metadata.ts';
import { ApiError } from '../runtime/api-error.ts';
import type { Api } from '../runtime/api.ts';
import { kinds } from '../runtime/kinds.ts';
import { refOf, type KubeObject } from '../runtime/resource.ts';
import type { LogSet } from './look.ts';

type Storage = NonNullable<Workload['storage']>;

const templateOf = (set: LogSet) => set.spec?.volumeClaimTemplates?.[0]?.spec;
const sizeOf = (set: LogSet): string => templateOf(set)?.resources?.requests?.storage ?? '0';

export const isToGrow = (set: LogSet, { size }: Storage): boolean => quantity(size) > quantity(sizeOf(set));

/** A volume neither shrinks nor changes its class: only another one can be so. */
export function needsOtherVolumes(set: LogSet, { size, storageClassName }: Storage): boolean {
  return quantity(size) < quantity(sizeOf(set)) || templateOf(set)?.storageClassName !== storageClassName;
}

/**
 * What kept a volume from growing, undefined if nothing. Only then is the StatefulSet deleted, and its pods go on
 * running: the next one of that name takes them over.
 */
export async function growLogs(
  api: Pick<Api, 'listPage' | 'mergePatch' | 'delete'>,
  key: string,
  { set, storage }: { readonly set: LogSet; readonly storage: Storage },
): Promise<unknown> {
  const { namespace = '', name } = refOf(key);
  const labelSelector = `${pipelineLabel}=${name},app.kubernetes.io/component=ingest`;
  const { items } = await api.listPage<V1PersistentVolumeClaim & KubeObject>(kinds.PersistentVolumeClaim, {
    namespace,
    labelSelector,
  });
  for (const { metadata, spec } of items) {
    if (quantity(spec?.resources?.requests?.['storage'] ?? '0') >= quantity(storage.size)) continue;
    const patch = { spec: { resources: { requests: { storage: storage.size } } } };
    const failure = await api
      .mergePatch(kinds.PersistentVolumeClaim, { namespace, name: metadata.name }, patch)
      .then(() => undefined, refused);
    if (failure !== undefined)
      return new Error(
        `${metadata.name} cannot grow to ${storage.size}: ${describeError(failure)}. ` +
          'Allow it in the StorageClass (allowVolumeExpansion) or the quota, or take spec.ingest.log out, wait until ' +
          'IngestDrained is gone, and put it in again',
      );
  }
  const { uid } = set.metadata;
  await api.delete(
    kinds.StatefulSet,
    { namespace, name: set.metadata.name },
    { propagation: 'Orphan', ...(uid && { uid }) },
  );
  return undefined;
}

/** A class that does not allow it, or a quota. Everything else passes, and is tried again. */
function refused(error: unknown): unknown {
  if (error instanceof ApiError && (error.code === 403 || error.code === 422)) return error;
  throw error;
}
