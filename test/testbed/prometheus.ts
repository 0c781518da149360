/** A real Prometheus on loopback, with a data folder of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../operator/local/free-port.ts';
import { prometheusPrograms } from './ensure-prometheus.ts';
import { OwnedProcess } from './owned-process.ts';

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds since 1970, and the number as text. */
  readonly values: readonly (readonly [number, string])[];
}

export interface RunningPrometheus {
  readonly url: string;
  /** Over the time from `from` to now, milliseconds since 1970, a value a second. Rejects with what Prometheus says. */
  range(expr: string, from: number): Promise<readonly Series[]>;
  /** Values of a label among the series that match. */
  labelValues(label: string, match: string): Promise<readonly string[]>;
  /** What it scrapes, and whether that works. */
  targets(): Promise<readonly { readonly health: string; readonly lastError: string; readonly scrapeUrl: string }[]>;
  rules(): Promise<readonly { readonly name: string; readonly health: string; readonly lastError?: string }[]>;
  stop(): Promise<void>;
}

/** `config` is its configuration, which JSON is as well. */
export async function startPrometheus(config: object): Promise<RunningPrometheus> {
  const dir = mkdtempSync(join(tmpdir(), 'likeness-prometheus-'));
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  writeFileSync(join(dir, 'prometheus.yml'), JSON.stringify(config));
  const server = new OwnedProcess({
    name: 'Prometheus',
    command: prometheusPrograms().prometheus,
    args: [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ],
    logFile: join(dir, 'prometheus.log'),
    isReady: async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.status === 200,
  });
  await server.start();
  return {
    url,
    range: async (query, from) => {
      const [start, end] = [from / 1000, Date.now() / 1000];
      const step = Math.max(1, (end - start) / 10_000);
      const found = await ask<{ result: Series[] }>(url, 'query_range', { query, start, end, step });
      return found.result;
    },
    labelValues: (label, match) => ask(url, `label/${label}/values`, { 'match[]': match }),
    targets: async () =>
      (await ask<{ activeTargets: { health: string; lastError: string; scrapeUrl: string }[] }>(url, 'targets', {}))
        .activeTargets,
    rules: async () => {
      type Rules = Awaited<ReturnType<RunningPrometheus['rules']>>;
      const { groups } = await ask<{ groups: { rules: Rules }[] }>(url, 'rules', {});
      return groups.flatMap(({ rules }) => rules);
    },
    stop: async () => {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function ask<T>(url: string, path: string, query: Readonly<Record<string, string | number>>): Promise<T> {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) search.set(key, String(value));
  const response = await fetch(`${url}/api/v1/${path}?${search.toString()}`);
  const said = (await response.json()) as { status: string; error?: string; data: T };
  if (said.status !== 'success') throw new Error(`${said.error} in ${JSON.stringify(query)}`);
  return said.data;
}
