/** Which secret each stage is given, by purpose, and which ones are the pipeline's own. Pure. */
import { watchesModels } from '../crds/drift.ts';
import { needsModel } from '../crds/learned-cleaning.ts';
import type { PipelineSpec } from '../crds/pipeline.ts';
import type { StageName } from './plan.ts';

export type SecretPurpose =
  /** `write-keys.json`: who may write. */
  | 'writeKeys'
  /** `read-keys.json`: who may read. */
  | 'readKeys'
  /** `signing.pem`: signs models. */
  | 'signingKey'
  /** `signing.pub.pem`: the public half, by which a model is trusted. */
  | 'verificationKey'
  /** `username` and `password`. */
  | 'kafkaCredentials'
  /** One file of certificates. */
  | 'kafkaCa'
  /** `password`, perhaps `username`. */
  | 'redisCredentials'
  | 'redisCa'
  /** `access-key-id` and `secret-access-key`, perhaps `session-token`. */
  | 's3Credentials'
  | 's3Ca';

export interface SecretUse {
  readonly purpose: SecretPurpose;
  /** Name of the secret. */
  readonly secret: string;
  /** Entries of it that are needed; the stage is shown no others. */
  readonly keys: readonly string[];
  /** Entries that are shown if they are there. */
  readonly optionalKeys?: readonly string[];
}

/** Names of the secrets that the backend makes; absent: the spec names one. */
export interface OwnSecrets {
  readonly writeKeys?: string;
  readonly readKeys?: string;
  readonly signingKey?: string;
}

export interface PlannedSecrets {
  readonly uses: readonly SecretUse[];
  /** Stages that follow a model where the spec asks for it. */
  readonly followers: ReadonlySet<StageName>;
  /** Whether feature may have to read the archive, which lies beside the models. */
  readonly archives: boolean;
  readonly own: OwnSecrets;
}

export function planSecrets(pipeline: string, spec: PipelineSpec): PlannedSecrets {
  const own = ownSecrets(pipeline, spec);
  const writeKeys = own.writeKeys ?? spec.ingest.writeKeysSecretRef!.name;
  const readKeys = own.readKeys ?? spec.serving.readKeysSecretRef?.name;
  const signingKey = own.signingKey ?? spec.modelStore.signingKeySecretRef!.name;
  return {
    own,
    archives: spec.archive !== undefined,
    followers: new Set<StageName>([
      ...(needsModel(spec.cleaning) ? ['cleaner' as const] : []),
      ...(watchesModels(spec) ? ['feature' as const] : []),
    ]),
    uses: [
      use('writeKeys', writeKeys, 'write-keys.json'),
      ...(readKeys === undefined ? [] : [use('readKeys', readKeys, 'read-keys.json')]),
      use('signingKey', signingKey, 'signing.pem'),
      use('verificationKey', signingKey, 'signing.pub.pem'),
      ...kafkaSecrets(spec.kafka),
      ...redisSecrets(spec.store?.redis),
      ...s3Secrets(spec.modelStore.s3),
    ],
  };
}

/** Nobody but the holder of the operator's own key may read where the spec says nothing: never anyone. */
function ownSecrets(pipeline: string, { ingest, modelStore, serving }: PipelineSpec): OwnSecrets {
  const readersAreNamed = serving.authentication !== undefined || serving.readKeysSecretRef !== undefined;
  return {
    ...(ingest.writeKeysSecretRef === undefined && { writeKeys: `${pipeline}-write-keys` }),
    ...(!readersAreNamed && { readKeys: `${pipeline}-read-keys` }),
    ...(modelStore.signingKeySecretRef === undefined && { signingKey: `${pipeline}-signing-key` }),
  };
}

function kafkaSecrets(kafka: PipelineSpec['kafka']): SecretUse[] {
  const ca = kafka?.tls?.caSecretRef;
  const credentials = kafka?.authentication?.secretRef;
  return [
    ...(ca ? [use('kafkaCa', ca.name, ca.key)] : []),
    ...(credentials ? [use('kafkaCredentials', credentials.name, 'username', 'password')] : []),
  ];
}

function redisSecrets(redis: NonNullable<PipelineSpec['store']>['redis'] | undefined): SecretUse[] {
  const ca = redis?.tls?.caSecretRef;
  const credentials = redis?.secretRef;
  return [
    ...(ca ? [use('redisCa', ca.name, ca.key)] : []),
    ...(credentials ? [{ ...use('redisCredentials', credentials.name, 'password'), optionalKeys: ['username'] }] : []),
  ];
}

function s3Secrets(s3: PipelineSpec['modelStore']['s3']): SecretUse[] {
  if (s3 === undefined) return [];
  const ca = s3.tls?.caSecretRef;
  const credentials = use('s3Credentials', s3.secretRef.name, 'access-key-id', 'secret-access-key');
  return [...(ca ? [use('s3Ca', ca.name, ca.key)] : []), { ...credentials, optionalKeys: ['session-token'] }];
}

const use = (purpose: SecretPurpose, secret: string, ...keys: string[]): SecretUse => ({ purpose, secret, keys });

/** Everybody speaks to Kafka; each is given nothing else but what it needs. */
const everybody: readonly SecretPurpose[] = ['kafkaCa', 'kafkaCredentials'];
const stored: readonly SecretPurpose[] = ['redisCa', 'redisCredentials'];
const models: readonly SecretPurpose[] = ['s3Ca', 's3Credentials'];

const needs: Readonly<Record<StageName, readonly SecretPurpose[]>> = {
  ingest: [...everybody, 'writeKeys'],
  cleaner: everybody,
  feature: [...everybody, ...stored],
  serving: [...everybody, ...stored, ...models, 'verificationKey', 'readKeys'],
  archive: [...everybody, ...models],
  trainer: [...everybody, ...models, 'signingKey'],
  gate: [...everybody, ...models, 'verificationKey'],
};

const toFollowModels: readonly SecretPurpose[] = [...models, 'verificationKey'];

export function secretsOf(stage: StageName, { uses, followers, archives }: PlannedSecrets): SecretUse[] {
  const needed = [
    ...needs[stage],
    ...(followers.has(stage) ? toFollowModels : []),
    ...(archives && stage === 'feature' ? models : []),
  ];
  return uses.filter(({ purpose }) => needed.includes(purpose));
}
