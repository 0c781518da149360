/** Starts the services of a plan in this process: the same `start`, with the same environment, as in a container. */
import { parseConfig as parseCleaner } from '../../services/cleaner/config.ts';
import { start as startCleaner } from '../../services/cleaner/service.ts';
import { parseConfig as parseFeature } from '../../services/feature/config.ts';
import { start as startFeature } from '../../services/feature/service.ts';
import { parseConfig as parseIngest } from '../../services/ingest/config.ts';
import { start as startIngest } from '../../services/ingest/service.ts';
import { parseConfig as parseServing } from '../../services/serving/config.ts';
import { start as startServing } from '../../services/serving/service.ts';
import { connectArchive } from '../../services/shared/adapters/connect-model-store.ts';
import { warnOfStrays } from '../../services/shared/archive/strays.ts';
import type { Broker } from '../../services/shared/broker.ts';
import type { ModelStore } from '../../services/shared/model-store.ts';
import type { ProfileStore } from '../../services/shared/profile-store.ts';
import type { CommonDeps, Service } from '../../services/shared/service.ts';
import { withArchive } from '../../services/shared/with-archive.ts';
import { parseConfig as parseArchive } from '../../services/trainer/archive/config.ts';
import { start as startArchive } from '../../services/trainer/archive/service.ts';
import type { ServiceName } from '../plan.ts';

export interface ServiceDeps extends CommonDeps {
  readonly broker: Broker;
  readonly store: ProfileStore;
  readonly models: ModelStore;
}

type Env = Readonly<Record<string, string | undefined>>;

const starters: Record<ServiceName, (env: Env, deps: ServiceDeps) => Promise<Service>> = {
  ingest: (env, deps) => startIngest(parseIngest(env), deps),
  cleaner: (env, deps) => startCleaner(parseCleaner(env), deps),
  feature: (env, deps) => {
    const config = parseFeature(env);
    const { archive: place, topics, modelStore } = config;
    if (place === undefined) return startFeature(config, deps);
    const archive = connectArchive(modelStore, place);
    const broker = withArchive(deps.broker, topics['events-clean'], archive, { optional: true });
    return startFeature(config, { ...deps, broker });
  },
  serving: (env, deps) => startServing(parseServing(env), deps),
  archive: (env, deps) => {
    const config = parseArchive(env);
    const onStray = warnOfStrays(deps.telemetry.logger);
    return startArchive(config, { ...deps, archive: connectArchive(config.modelStore, config.place, onStray) });
  },
};

export function startService(name: ServiceName, env: Env, deps: ServiceDeps): Promise<Service> {
  return starters[name](env, deps);
}
