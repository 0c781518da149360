/** What a spec asks for that a laptop cannot give, said before anything starts. Pure. */
import type { PipelineSpec } from '../../crds/pipeline.ts';
import { LikenessError } from '../../services/shared/errors.ts';

/** Throws `BadSpec`: a suspended pipeline, or a connection that needs the Secrets of a cluster. */
export function refuseClusterOnly(spec: PipelineSpec): void {
  if (spec.suspend)
    throw new LikenessError(
      'BadSpec',
      'spec.suspend is true: nothing is to run. Set it to false to start the pipeline.',
    );
  const paths = namedSecrets(spec);
  if (paths.length === 0) return;
  throw new LikenessError(
    'BadSpec',
    `Secrets are in a cluster, and ${paths.join(', ')} ${paths.length === 1 ? 'names one' : 'name some'}: here, ` +
      'connect to Kafka and Redis that need none, with --kafka ADDRESS and --redis URL.',
  );
}

/** The others (write keys, the signing key) have their like in the data folder. */
function namedSecrets({ kafka, store }: PipelineSpec): string[] {
  const redis = store?.redis;
  const named = {
    'spec.kafka.tls.caSecretRef': kafka?.tls?.caSecretRef,
    'spec.kafka.authentication.secretRef': kafka?.authentication?.secretRef,
    'spec.store.redis.secretRef': redis?.secretRef,
    'spec.store.redis.tls.caSecretRef': redis?.tls?.caSecretRef,
  };
  return Object.entries(named).flatMap(([path, ref]) => (ref === undefined ? [] : [path]));
}
