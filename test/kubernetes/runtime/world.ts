/** What tests of the runtime share: hurried time, silent logs, small objects. */
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { KubeConfig } from '@kubernetes/client-node';
import { Api } from '../../../operator/kubernetes/runtime/api.ts';
import { createRuntimeMetrics } from '../../../operator/kubernetes/runtime/metrics.ts';
import type { KubeObject, ObjectMeta } from '../../../operator/kubernetes/runtime/resource.ts';
import { systemTiming, type Timing } from '../../../operator/kubernetes/runtime/timing.ts';
import { KubeTransport } from '../../../operator/kubernetes/runtime/transport.ts';

/** Real time that goes `factor` times as fast. */
export function hurried(factor: number): Timing {
  return {
    ...systemTiming,
    monotonic: () => systemTiming.monotonic() * factor,
    after: (ms, run) => systemTiming.after(ms / factor, run),
  };
}

/** The lines of a log, parsed. */
export function loggedLines() {
  const lines: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'debug' },
    { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  return { lines, logger };
}

export function clientOf(
  load: () => KubeConfig,
  options: { readonly timing?: Timing; readonly timeoutMs?: number } = {},
) {
  const { timing = systemTiming, timeoutMs = 20_000 } = options;
  const registry = new Registry();
  const metrics = createRuntimeMetrics(registry);
  const transport = new KubeTransport({ load, userAgent: 'likeness-test/1', timing });
  const api = new Api({ transport, timing, metrics, timeoutMs, fieldManager: 'likeness-test' });
  return { api, transport, metrics, registry };
}

/** What a counter or gauge shows, by the values of its labels. */
export async function valuesOf(registry: Registry, name: string): Promise<Record<string, number>> {
  const { values } = await registry.getSingleMetric(name)!.get();
  return Object.fromEntries(values.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export function configMap(name: string, version: string | undefined, extra: Partial<ObjectMeta> = {}): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', ...(version && { resourceVersion: version }), ...extra },
    data: { key: `value ${version}` },
  };
}
