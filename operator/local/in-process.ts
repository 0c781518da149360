/** All services of a plan in this process, behind one address. */
import { serveHttp } from '../../services/shared/adapters/http.ts';
import type { Broker } from '../../services/shared/broker.ts';
import type { ModelStore } from '../../services/shared/model-store.ts';
import type { ProfileStore } from '../../services/shared/profile-store.ts';
import type { Service, Telemetry } from '../../services/shared/service.ts';
import type { Plan } from '../plan.ts';
import type { LocalOptions, Running } from './backend.ts';
import { instanceEnv, workloadOf } from './environment.ts';
import type { LocalKeys } from './keys.ts';
import { startService } from './services.ts';

export interface StartInput {
  readonly plan: Plan;
  readonly options: LocalOptions;
  readonly keys: LocalKeys;
  readonly broker: Broker;
  readonly store: ProfileStore;
  readonly models: ModelStore;
}

/** Downstream first, so that nothing is produced that nobody is ready to read. */
const startOrder = ['serving', 'archive', 'feature', 'cleaner', 'ingest'] as const;

/** The paths that are ingest's; all others are serving's. */
const ingestPath = /^\/v1\/(batch|track|identify|page|screen|group|alias|events|items|[tipsgab])$/;

export async function startInProcess(input: StartInput): Promise<Running> {
  const { plan, options, keys, store } = input;
  const services: Service[] = [];
  const telemetries: Telemetry[] = [];
  for (const stage of startOrder.filter((name) => plan.workloads.some((workload) => workload.name === name))) {
    const telemetry = options.telemetryOf(stage);
    const env = instanceEnv(workloadOf(plan, stage), options, keys);
    const { clock, onFatal } = options.deps;
    const deps = { telemetry, clock, onFatal, broker: input.broker, store, models: input.models };
    services.push(await startService(stage, env, deps));
    telemetries.push(telemetry);
  }
  const http = await serveHttp({
    host: options.host,
    port: options.port,
    services,
    telemetry: options.deps.telemetry,
    registries: telemetries.map(({ registry }) => registry),
    route: (path) => handlerOf(services, ingestPath.test(path) ? 'ingest' : 'serving'),
  });
  const url = `http://${options.host}:${http.port}`;
  return {
    urls: { serving: url, ingest: url },
    metricUrls: () => [`${url}/metrics`],
    pids: () => [{ name: 'likeness', pid: process.pid }],
    observe: () => Promise.resolve(services.map(observeService)),
    stop: async () => {
      await http.close();
      for (const service of services.toReversed()) await service.stop();
    },
  };
}

const handlerOf = (services: readonly Service[], name: string) =>
  services.find((service) => service.name === name)?.handler;

function observeService(service: Service) {
  const { ready, reasons } = service.health();
  return { name: service.name as 'ingest', desired: 1, ready: ready ? 1 : 0, reasons };
}
