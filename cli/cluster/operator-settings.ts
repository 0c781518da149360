/** How the operator of a cluster is set up, read from its own Deployment: what it makes of a spec depends on it. */
import type { V1Deployment } from '@kubernetes/client-node';
import { specSchema } from '../../crds/pipeline.ts';
import { parseConfig, type OperatorConfig } from '../../operator/config.ts';
import { withClusterDefaults } from '../../operator/kubernetes/render/cluster-defaults.ts';
import { ApiError } from '../../operator/kubernetes/runtime/api-error.ts';
import type { Api } from '../../operator/kubernetes/runtime/api.ts';
import { kinds } from '../../operator/kubernetes/runtime/kinds.ts';

export type Settings = Pick<
  OperatorConfig,
  'image' | 'trainerImage' | 'trainerGpuImage' | 'version' | 'network' | 'modelsVolume' | 'defaults'
>;

/** What is said instead of asking the operator. */
export interface GivenSettings {
  readonly version: string;
  readonly image?: string;
  /** Bootstrap servers and Redis URL for a spec that names none. */
  readonly kafka?: string;
  readonly redis?: string;
}

export interface FoundSettings {
  readonly settings: Settings;
  /** False: nobody could be asked, and the answer is a guess. */
  readonly found: boolean;
}

const labelSelector = 'app.kubernetes.io/name=likeness,app.kubernetes.io/component=operator';

/** Of the operator that looks after `namespace`; what is given goes before it. */
export async function operatorSettings(
  api: Pick<Api, 'listPage'>,
  namespace: string,
  given: GivenSettings,
): Promise<FoundSettings> {
  const { defaults, ...found } = (await installedSettings(api, namespace)) ?? guess(given);
  const own = withClusterDefaults(specSchema.parse({}), given);
  const settings = {
    ...found,
    ...(given.image !== undefined && { image: given.image }),
    defaults: { kafka: own.kafka ?? defaults.kafka, store: own.store ?? defaults.store },
  };
  return { settings, found: found.found };
}

type Known = Settings & { readonly found: boolean };

const guess = ({ version }: GivenSettings): Known => ({
  image: `likeness:${version}`,
  trainerImage: `likeness-trainer:${version}`,
  trainerGpuImage: `likeness-trainer:${version}-gpu`,
  version,
  network: {},
  modelsVolume: {},
  defaults: { kafka: undefined, store: undefined },
  found: false,
});

async function installedSettings(api: Pick<Api, 'listPage'>, namespace: string): Promise<Known | undefined> {
  try {
    const { items } = await api.listPage<V1Deployment>(kinds.Deployment, { labelSelector });
    const configs = items.map((deployment) => parseConfig(environmentOf(deployment)));
    const mine = configs.find(({ namespaces }) => namespaces.length === 0 || namespaces.includes(namespace));
    return mine && { ...mine, found: true };
  } catch (error) {
    // Whoever owns one namespace may not look into the operator's.
    if (error instanceof ApiError && error.code === 403) return undefined;
    throw error;
  }
}

/** A field of the pod has the value of no single pod here: none of those that count is one. */
function environmentOf({ spec }: V1Deployment): Record<string, string> {
  const { env = [] } = spec?.template.spec?.containers.find(({ name }) => name === 'operator') ?? {};
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom?.fieldRef?.fieldPath ?? '']),
  );
}
