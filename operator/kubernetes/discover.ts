/** Which kinds of other operators this API server knows. Looked up once: after installing one, restart the operator. */
import type { Capabilities } from './render/rendering.ts';
import { foreignResources } from './resources.ts';
import { ApiError } from './runtime/api-error.ts';
import type { Api } from './runtime/api.ts';
import type { Resource } from './runtime/resource.ts';

export interface Discovered {
  readonly capabilities: Capabilities;
  readonly foreign: readonly Resource[];
}

export async function discover(api: Pick<Api, 'listPage'>, namespaces: readonly string[]): Promise<Discovered> {
  const foreign: Resource[] = [];
  for (const resource of Object.values(foreignResources))
    if (await isKnown(api, resource, namespaces[0])) foreign.push(resource);
  const knows = (resource: Resource): boolean => foreign.includes(resource);
  return { foreign, capabilities: { monitors: knows(foreignResources.monitors), keda: knows(foreignResources.keda) } };
}

/** A kind that is not installed is a 404 of its path. One that may not be listed might as well not be there. */
async function isKnown(
  api: Pick<Api, 'listPage'>,
  resource: Resource,
  namespace: string | undefined,
): Promise<boolean> {
  try {
    await api.listPage(resource, { ...(namespace !== undefined && { namespace }), metadataOnly: true }, { limit: 1 });
    return true;
  } catch (error) {
    if (error instanceof ApiError && (error.code === 404 || error.code === 403)) return false;
    throw error;
  }
}
