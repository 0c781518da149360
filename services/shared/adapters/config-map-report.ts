/** What a pod reports, in a ConfigMap made for it, by its short-lived token, which may patch that and nothing else. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { LikenessError } from '../errors.ts';
import type { Progress } from '../reporter.ts';

export interface ReportTarget {
  readonly namespace: string;
  /** Of the ConfigMap, which is there already. */
  readonly name: string;
  /** Of the API server. */
  readonly host: string;
  readonly port: number;
  /** Holds `token` and `ca.crt`. */
  readonly folder?: string;
}

export interface ConfigMapReport extends ReportTarget {
  readonly runId: string;
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
const withinMs = 5000;

/** A training's progress. Rejects as `patchData`. */
export function patchReport(report: ConfigMapReport, { percentage, phase }: Progress): Promise<void> {
  const { runId } = report;
  return patchData(report, { runId, phase, progressPercentage: String(Math.round(percentage)) });
}

/** Other keys stay. Rejects with a retryable LikenessError if the API server did not take it. */
export async function patchData(target: ReportTarget, data: Readonly<Record<string, string>>): Promise<void> {
  const { namespace, name, folder = accountFolder } = target;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(name)}`;
  const body = JSON.stringify({ data });
  // Read anew each time: the token is replaced before it expires.
  const [token, ca] = await Promise.all(['token', 'ca.crt'].map((file) => readFile(join(folder, file), 'utf8')));
  const status = await patch({ ...target, path, body, token: token!.trim(), ca: ca! });
  if (status >= 300)
    throw new LikenessError('NotFound', `The report ${name} could not be patched: the API server answered ${status}`, {
      retryable: true,
    });
}

interface Patch extends Pick<ReportTarget, 'host' | 'port'> {
  readonly path: string;
  readonly body: string;
  readonly token: string;
  readonly ca: string;
}

function patch({ host, port, path, body, token, ca }: Patch): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/merge-patch+json' };
  return new Promise((resolve, reject) => {
    const options = { host, port, path, ca, headers, method: 'PATCH', signal: AbortSignal.timeout(withinMs) };
    const asked = request(options, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
