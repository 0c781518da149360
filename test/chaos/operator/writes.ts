/** What the operator's requests are called: method, object and, from the proxy, the how manieth. Pure. */

export interface ApiRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly body: string;
}

/** Where a request goes, read from its path. */
export interface Target {
  readonly plural: string;
  /** Empty for a collection. */
  readonly name: string;
  readonly subresource: string;
}

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);
const pathPattern =
  /^\/(?:api|apis\/[^/]+)\/[^/]+(?:\/namespaces\/[^/]+)?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>.+))?$/;

export function targetOf(url: string): Target {
  const groups = pathPattern.exec(url.split('?')[0]!)?.groups ?? {};
  return { plural: groups['plural'] ?? '', name: groups['name'] ?? '', subresource: groups['subresource'] ?? '' };
}

export const isWrite = ({ method }: Pick<ApiRequest, 'method'>): boolean => !reading.has(method);

/** A lease is renewed by the clock, whatever happens: only that it is made belongs to a scenario. */
export const isRenewal = ({ method, url }: Pick<ApiRequest, 'method' | 'url'>): boolean =>
  targetOf(url).plural === 'leases' && method !== 'POST';

/**
 * `PATCH deployments/shop-serving`, the same in every run: hashes have gone from it, and an Event is called by its
 * reason, for its name has the time in it.
 */
export function writeName({ method, url, body }: ApiRequest): string {
  const { plural, name, subresource } = targetOf(url);
  const { metadata, reason } = (body === '' ? {} : JSON.parse(body)) as {
    readonly metadata?: { readonly name?: string };
    readonly reason?: string;
  };
  const called = plural === 'events' ? (reason ?? 'again') : withoutHash(name || (metadata?.name ?? ''));
  return `${method} ${plural}/${called}${subresource === '' ? '' : `/${subresource}`}`;
}

export const withoutHash = (text: string): string => text.replaceAll(/-[0-9a-f]{8}(?![0-9a-f-])/g, '-HASH');
