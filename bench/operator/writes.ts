/** What the operator wrote, by the API server's audit log. */
import { statSync } from 'node:fs';
import { readAudit } from '../../test/testbed/kubernetes/audit.ts';

export interface Writes {
  /** By `verb resource`, leases aside. */
  readonly byKind: Readonly<Record<string, number>>;
  readonly count: number;
  readonly leaseRenewals: number;
  /** Gets and lists; watches are not among them. */
  readonly reads: number;
}

const writing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const reading = new Set(['get', 'list']);

/** Where the log ends now. */
export const endOf = (auditLog: string): number => statSync(auditLog).size;

/** Of the requests that were logged from byte `from` on. */
export async function operatorWrites(auditLog: string, from: number): Promise<Writes> {
  const byKind: Record<string, number> = {};
  let [count, leaseRenewals, reads] = [0, 0, 0];
  await readAudit(
    auditLog,
    ({ userAgent, verb, resource, subresource }) => {
      if (!userAgent.startsWith('likeness-operator/')) return false;
      if (reading.has(verb)) reads++;
      if (!writing.has(verb)) return false;
      if (resource === 'leases') {
        leaseRenewals++;
        return false;
      }
      const kind = `${verb} ${resource}${subresource && `/${subresource}`}`;
      byKind[kind] = (byKind[kind] ?? 0) + 1;
      count++;
      return false;
    },
    from,
  );
  return { byKind, count, leaseRenewals, reads };
}
