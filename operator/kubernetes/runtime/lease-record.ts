/** What a Lease says, in the words of coordination.k8s.io/v1 and with the meaning of client-go's leader election. */
import { kinds } from './kinds.ts';
import { apiVersionOf, type KubeObject } from './resource.ts';

export interface Lease extends KubeObject {
  readonly spec?: {
    /** Empty: given back. */
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    /** How often the holder became another one. */
    readonly leaseTransitions?: number;
  };
}

/** RFC 3339 with microseconds, as metav1.MicroTime is written. */
export const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

export const held = (lease: Lease): boolean => Boolean(lease.spec?.holderIdentity);

/** The lease as `identity` takes or renews it; carries the resource version of `current`, so that only one can. */
export function leaseRecord(
  wish: { readonly namespace: string; readonly name: string; readonly identity: string; readonly seconds: number },
  current: Lease | undefined,
  nowMs: number,
): Lease {
  const { namespace, name, identity, seconds } = wish;
  const now = microTime(nowMs);
  const ours = { holderIdentity: identity, leaseDurationSeconds: seconds, renewTime: now };
  const identified = { apiVersion: apiVersionOf(kinds.Lease), kind: kinds.Lease.kind };
  if (!current)
    return { ...identified, metadata: { namespace, name }, spec: { ...ours, acquireTime: now, leaseTransitions: 0 } };
  const { spec = {} } = current;
  const transitions = spec.leaseTransitions ?? 0;
  const turn =
    spec.holderIdentity === identity
      ? { acquireTime: spec.acquireTime ?? now, leaseTransitions: transitions }
      : { acquireTime: now, leaseTransitions: transitions + 1 };
  return { ...identified, metadata: current.metadata, spec: { ...spec, ...ours, ...turn } };
}

/** The lease given back: free at once, its count of transitions kept. */
export function released(lease: Lease, nowMs: number): Lease {
  const now = microTime(nowMs);
  return {
    ...lease,
    spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now },
  };
}
