/** The process of serving: environment, adapters, signals. */
import { patchData } from '../shared/adapters/config-map-report.ts';
import { connectBroker } from '../shared/adapters/connect-broker.ts';
import { connectModelStore } from '../shared/adapters/connect-model-store.ts';
import { connectProfileStore } from '../shared/adapters/connect-profile-store.ts';
import { runService } from '../shared/adapters/process.ts';
import type { TrialFigures } from '../shared/trial-figures.ts';
import { parseConfig, type ServingConfig } from './config.ts';
import { start } from './service.ts';

/** In a cluster the operator decides on trials. */
function tellTrials({ report }: ServingConfig) {
  if (report === undefined) return undefined;
  return (figures: readonly TrialFigures[]) => patchData(report, { [report.pod]: JSON.stringify(figures) });
}

await runService({
  name: 'serving',
  env: process.env,
  parseConfig,
  start: async (config, deps) => {
    const models = connectModelStore(config.modelStore);
    const broker = await connectBroker({ ...config.connections, clientId: `${config.connections.pipeline}.serving` });
    deps.onStop(() => broker.close());
    const store = await connectProfileStore(config.connections);
    deps.onStop(() => store.close());
    return start(config, { ...deps, broker, store, models, tellTrials: tellTrials(config) });
  },
});
