/** What the API server was asked, read from its audit log. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface AuditedRequest {
  readonly user: string;
  readonly userAgent: string;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`. */
  readonly verb: string;
  /** Empty for the core group, and for requests that concern no resource. */
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly uri: string;
  /** HTTP status. A watch has 200 as soon as it begins. */
  readonly status: number;
  readonly allowed: boolean;
}

interface AuditEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly user: { readonly username: string };
  readonly objectRef?: Partial<Record<'apiGroup' | 'resource' | 'subresource' | 'namespace' | 'name', string>>;
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** As every line begins; one that is read from its middle does not. */
const lineStart = '{"kind":"Event"';

/**
 * In the order of their answers; a watch, which is logged when it begins and when it ends, counts once. `from`: the byte
 * to begin at, such as an earlier size of the file.
 */
export async function readAudit(
  path: string,
  isWanted: (request: AuditedRequest) => boolean = () => true,
  from = 0,
): Promise<AuditedRequest[]> {
  const seen = new Set<string>();
  const requests: AuditedRequest[] = [];
  for await (const line of createInterface(createReadStream(path, { start: from }))) {
    // The last line may be half written.
    if (!line.startsWith(lineStart) || !line.endsWith('}')) continue;
    const event = JSON.parse(line) as AuditEvent;
    const request = toRequest(event);
    if (seen.has(event.auditID) || !isWanted(request)) continue;
    seen.add(event.auditID);
    requests.push(request);
  }
  return requests;
}

function toRequest(event: AuditEvent): AuditedRequest {
  const { objectRef = {} } = event;
  return {
    user: event.user.username,
    userAgent: event.userAgent ?? '',
    verb: event.verb,
    group: objectRef.apiGroup ?? '',
    resource: objectRef.resource ?? '',
    subresource: objectRef.subresource ?? '',
    namespace: objectRef.namespace ?? '',
    name: objectRef.name ?? '',
    uri: event.requestURI,
    status: event.responseStatus?.code ?? 0,
    allowed: event.annotations?.['authorization.k8s.io/decision'] !== 'forbid',
  };
}
