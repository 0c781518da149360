/** A steady load of GETs by autocannon: requests a second and latency. */
import autocannon from 'autocannon';

export interface GetLoad {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** Paths, asked for in turn by every connection. */
  readonly paths: readonly string[];
}

export interface GetResult {
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Rejects if any answer is not 2xx. */
export async function loadGets({ url, connections, seconds, paths }: GetLoad): Promise<GetResult> {
  const requests = paths.map((path) => ({ method: 'GET' as const, path }));
  const result = await autocannon({ url, connections, duration: seconds, requests });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${url}: ${result.non2xx} not 2xx, ${result.errors} errors`);
  return { rps: result.requests.average, p50Ms: result.latency.p50, p99Ms: result.latency.p99 };
}
