/** Whether a request that nobody has to vouch for comes from this machine, and from no page of another site. Pure. */
import { isLoopback } from './config.ts';

export interface Caller {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
}

/**
 * A browser on this machine reaches loopback for every page that it shows. It names the page's origin; and a name of
 * another site that was pointed at loopback shows in `Host`.
 */
export function isFromHere({ origin, host }: Caller): boolean {
  return (
    (origin === undefined || isLocal(origin.replace(/^https?:\/\//i, ''))) && (host === undefined || isLocal(host))
  );
}

/** `name`, `name:port`, `[::1]:port`. */
function isLocal(authority: string): boolean {
  const name = authority.replace(/:\d{1,5}$/, '').replace(/^\[(.*)\]$/, '$1');
  return isLoopback(name.toLowerCase());
}
