/** Secrets that a pod waits for: where one is missing, its containers are never made, and it says no more than that. */
import type { V1Pod } from '@kubernetes/client-node';
import type { SecretPurpose, SecretUse } from '../plan-secrets.ts';
import type { Api } from './runtime/api.ts';
import { kinds } from './runtime/kinds.ts';
import type { KubeObject } from './runtime/resource.ts';

/** The field of a spec that names the Secret. */
const fieldOf: Readonly<Record<SecretPurpose, string>> = {
  writeKeys: 'ingest.writeKeysSecretRef',
  readKeys: 'serving.readKeysSecretRef',
  signingKey: 'modelStore.signingKeySecretRef',
  verificationKey: 'modelStore.signingKeySecretRef',
  kafkaCredentials: 'kafka.authentication.secretRef',
  kafkaCa: 'kafka.tls.caSecretRef',
  redisCredentials: 'store.redis.secretRef',
  redisCa: 'store.redis.tls.caSecretRef',
  s3Credentials: 'modelStore.s3.secretRef',
  s3Ca: 'modelStore.s3.tls.caSecretRef',
};

/** The kubelet tells why in an Event alone, which the operator may not read. */
export const waitsForVolumes = ({ status }: V1Pod): boolean =>
  status?.containerStatuses?.some(({ state }) => state?.waiting?.reason === 'ContainerCreating') ?? false;

type Secret = KubeObject & { readonly data?: Readonly<Record<string, string>> };

/** What is missing, and what to do about it, one text a Secret. */
export async function missingSecrets(
  api: Pick<Api, 'find'>,
  namespace: string,
  uses: readonly SecretUse[],
): Promise<string[]> {
  const missing: string[] = [];
  for (const use of uses) {
    const found = await api.find<Secret>(kinds.Secret, { namespace, name: use.secret });
    const text = complaint(use, found);
    if (text !== undefined) missing.push(text);
  }
  return missing;
}

function complaint({ purpose, secret, keys }: SecretUse, found: Secret | undefined): string | undefined {
  const field = `spec.${fieldOf[purpose]}`;
  if (found === undefined)
    return `there is no Secret ${secret} (${field}): create it, with ${keys.join(' and ')}, or name another`;
  const lacking = keys.filter((key) => found.data?.[key] === undefined);
  if (lacking.length === 0) return undefined;
  return `the Secret ${secret} (${field}) has no ${lacking.join(' and no ')}: add it, or name another`;
}
