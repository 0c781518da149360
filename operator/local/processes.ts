/** All services of a plan as child processes on consecutive ports, watched and restarted. */
import { join } from 'node:path';
import { describeError } from '../../services/shared/errors.ts';
import type { ObservedWorkload } from '../backend.ts';
import type { StageName } from '../plan.ts';
import type { Running } from './backend.ts';
import { type Supervised, superviseService } from './children.ts';
import { type Instance, processInstances } from './environment.ts';
import { freePort } from './free-port.ts';
import type { StartInput } from './in-process.ts';

export async function startProcesses({ plan, options, keys }: StartInput): Promise<Running> {
  const instances = await withPorts(processInstances(plan, options, keys));
  const children = instances.map((instance) =>
    superviseService({
      name: instance.name,
      service: instance.stage,
      env: instance.env,
      logFile: join(options.dataDir, 'logs', `${instance.name}.log`),
      logger: options.deps.telemetry.logger,
      onFatal: options.deps.onFatal,
    }),
  );
  return {
    urls: { serving: urlOf(instances, 'serving'), ingest: urlOf(instances, 'ingest') },
    observe: () => observeStages(instances, children),
    metricUrls: (stage) =>
      instances.filter((instance) => instance.stage === stage).map((instance) => `${baseUrl(instance)}/metrics`),
    pids: () => children.map((child) => ({ name: child.name, pid: child.pid() })).filter(isAlive),
    // Upstream first: each stage drains what the one before it has sent.
    stop: async () => {
      for (const stage of ['ingest', 'cleaner', 'feature', 'archive', 'serving'])
        await Promise.all(children.filter(({ name }) => name.startsWith(stage)).map((child) => child.stop()));
    },
  };
}

/** Ports that stay: a process that is started again must be found where it was. */
async function withPorts(instances: readonly Instance[]): Promise<Instance[]> {
  const taken = new Set<string>();
  const placed: Instance[] = [];
  for (const { env, ...instance } of instances) {
    let port = env['LIKENESS_PORT']!;
    while (port === '0' || taken.has(port)) port = String(await freePort());
    taken.add(port);
    placed.push({ ...instance, env: { ...env, LIKENESS_PORT: port } });
  }
  return placed;
}

/** Not while it restarts. */
function isAlive(child: { name: string; pid: number | undefined }): child is { name: string; pid: number } {
  return child.pid !== undefined;
}

function urlOf(instances: readonly Instance[], stage: StageName): string {
  return baseUrl(instances.find((instance) => instance.stage === stage)!);
}

const baseUrl = ({ env }: Instance): string => `http://${env['LIKENESS_HOST']}:${env['LIKENESS_PORT']}`;

async function observeStages(
  instances: readonly Instance[],
  children: readonly Supervised[],
): Promise<ObservedWorkload[]> {
  const states = await Promise.all(
    instances.map(async (instance, index) => {
      const reason = children[index]!.pid() ? await readinessOf(instance) : 'the process is restarting';
      return { stage: instance.stage, reason: reason && `${instance.name}: ${reason}` };
    }),
  );
  return [...new Set(states.map(({ stage }) => stage))].map((name) => {
    const own = states.filter(({ stage }) => stage === name);
    const reasons = own.flatMap(({ reason }) => (reason ? [reason] : []));
    return { name, desired: own.length, ready: own.length - reasons.length, reasons };
  });
}

/** Empty when ready. */
async function readinessOf(instance: Instance): Promise<string> {
  try {
    const response = await fetch(`${baseUrl(instance)}/readyz`, {
      signal: AbortSignal.timeout(2000),
    });
    if (response.ok) return '';
    const { services } = (await response.json()) as { services?: { reasons: string[] }[] };
    return services?.flatMap(({ reasons }) => reasons).join('; ') || `readiness is ${response.status}`;
  } catch (error) {
    return describeError(error);
  }
}
