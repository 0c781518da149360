/** What a pipeline connects to: Kafka, Redis, and the place of its models. */
import { z } from 'zod';
import { objectName, secretRef, tlsSchema } from './cluster.ts';
import { setOf } from './lists.ts';
import { withRules } from './rules.ts';
import { durationSchema, patterned, whole } from './scalars.ts';

const authenticationSchema = z.strictObject({
  type: z
    .enum(['ScramSha256', 'ScramSha512', 'Plain'])
    .describe('The SASL mechanism. Plain sends the password as it is, so it needs tls.'),
  secretRef: secretRef.describe('A Secret with the keys username and password.'),
});

export const kafkaSchema = withRules(
  z.strictObject({
    bootstrapServers: z.string().min(1).max(1024).describe('host:port, several separated by commas. Immutable.'),
    partitions: whole(1, 1000)
      .default(12)
      .describe(
        'Partitions of the streams that are keyed by profile: the most replicas that can share work. Immutable.',
      ),
    replicationFactor: whole(1, 7).default(3).describe('Copies that Kafka keeps of each event.'),
    minInsyncReplicas: whole(1, 7)
      .describe('Copies that must be written before an event counts as kept. Absent: 2, or 1 of a single copy.')
      .optional(),
    retention: durationSchema.default('168h').describe('How long Kafka keeps events: longer than the longest outage.'),
    topics: z
      .enum(['Managed', 'Existing', 'KafkaTopic'])
      .default('Managed')
      .describe(
        'Managed: made and kept as they must be through Kafka itself. Existing: only checked, made by somebody else. ' +
          "KafkaTopic: made as Strimzi resources in the pipeline's namespace, which the Topic Operator must watch.",
      ),
    strimziCluster: objectName("a Strimzi cluster's Kafka resource")
      .describe('In a cluster: the Kafka resource that the KafkaTopics belong to.')
      .optional(),
    tls: tlsSchema.describe('Encrypted connections to Kafka. Absent: plain ones.').optional(),
    authentication: authenticationSchema.describe('How Kafka knows the pipeline. Absent: it does not ask.').optional(),
  }),
  [
    {
      rule: '!has(self.minInsyncReplicas) || self.minInsyncReplicas <= self.replicationFactor',
      message: 'minInsyncReplicas of at most replicationFactor',
      fieldPath: '.minInsyncReplicas',
      violations: ({ minInsyncReplicas = 1, replicationFactor }) =>
        minInsyncReplicas <= replicationFactor ? [] : [['minInsyncReplicas']],
    },
    {
      rule: "has(self.strimziCluster) == (self.topics == 'KafkaTopic')",
      message: 'strimziCluster exactly with topics: KafkaTopic',
      fieldPath: '.strimziCluster',
      violations: ({ strimziCluster, topics }) =>
        (strimziCluster !== undefined) === (topics === 'KafkaTopic') ? [] : [['strimziCluster']],
    },
    {
      rule: "!has(self.authentication) || self.authentication.type != 'Plain' || has(self.tls)",
      message: 'type Plain only with tls (it sends the password as it is)',
      fieldPath: '.authentication.type',
      violations: ({ authentication, tls }) =>
        authentication?.type === 'Plain' && tls === undefined ? [['authentication', 'type']] : [],
    },
  ],
);

const redisUrl = 'a Redis URL such as redis://redis:6379';

const redisSchema = withRules(
  z.strictObject({
    url: patterned(1024, /^rediss?:\/\/.+$/, redisUrl).describe('Redis or Valkey with maxmemory-policy noeviction.'),
    secretRef: secretRef
      .describe('A Secret with the key password, and username where the user is not the default one.')
      .optional(),
    tls: tlsSchema.describe("Whom to trust, with a rediss URL. Absent: the system's authorities.").optional(),
  }),
  [
    {
      rule: "!has(self.secretRef) || !self.url.contains('@')",
      message: 'a url without credentials, which are in the Secret',
      fieldPath: '.url',
      violations: ({ secretRef: secret, url }) => (secret === undefined || !url.includes('@') ? [] : [['url']]),
    },
    {
      rule: "!has(self.tls) || self.url.startsWith('rediss:')",
      message: 'tls only with a url of rediss://',
      fieldPath: '.tls',
      violations: ({ tls, url }) => (tls === undefined || url.startsWith('rediss:') ? [] : [['tls']]),
    },
  ],
);

export const storeSchema = z.strictObject({ redis: redisSchema.describe('Profiles in Redis or Valkey.') });

const publicKey = patterned(
  512,
  /^\s*-----BEGIN PUBLIC KEY-----\s[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/,
  'a public key as PEM, -----BEGIN PUBLIC KEY----- …',
);

const bucketName = 'the name of a bucket: 3 to 63 lowercase letters, digits, "-" and "."';
const s3Prefix = 'what keys begin with, such as team/shop: letters, digits, "-", "_", "." and "/", no "/" at the end';

const s3Schema = withRules(
  z.strictObject({
    bucket: patterned(63, /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, bucketName).describe(
      'The bucket, which must be there; several pipelines may share it.',
    ),
    prefix: patterned(200, /^[a-zA-Z0-9][a-zA-Z0-9._-]*(\/[a-zA-Z0-9][a-zA-Z0-9._-]*)*$/, s3Prefix)
      .describe("What the keys of all its objects begin with. Absent: the pipeline's NAMESPACE/NAME.")
      .optional(),
    endpoint: patterned(1024, /^https?:\/\/[^/?#@]+$/, 'an http or https URL without a path').describe(
      'Where S3 is, such as https://s3.eu-central-1.amazonaws.com or http://minio.storage.svc:9000. It must know ' +
        'conditional writes (If-None-Match).',
    ),
    region: patterned(64, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'the name of a region such as eu-central-1')
      .default('us-east-1')
      .describe('Region of the bucket; servers of your own mostly take any.'),
    secretRef: secretRef.describe(
      'A Secret with the keys access-key-id and secret-access-key, and session-token where they are temporary. They ' +
        'are read anew at each request, so that a changed Secret needs no restart.',
    ),
    forcePathStyle: z
      .boolean()
      .default(true)
      .describe("true: ENDPOINT/BUCKET/KEY. false: the bucket is a part of the host's name."),
    tls: tlsSchema.describe("Whom to trust, with an https endpoint. Absent: the system's authorities.").optional(),
  }),
  [
    {
      rule: "!has(self.tls) || self.endpoint.startsWith('https:')",
      message: 'tls only with an endpoint of https://',
      fieldPath: '.tls',
      violations: ({ tls, endpoint }) => (tls === undefined || endpoint.startsWith('https:') ? [] : [['tls']]),
    },
  ],
);

const modelStoreFields = z.strictObject({
  persistentVolumeClaim: z
    .strictObject({ claimName: objectName('a PersistentVolumeClaim').describe('Name of the claim.') })
    .describe('In a cluster: the volume of the models. Absent, without s3: a claim of its own, NAME-models.')
    .optional(),
  s3: s3Schema
    .describe('In a cluster: a bucket of S3 for the models, in place of a volume. On one machine they lie in a folder.')
    .optional(),
  signingKeySecretRef: secretRef
    .describe(
      'In a cluster: a Secret with an Ed25519 key pair as PEM, keys signing.pem and signing.pub.pem. Absent: one of its own, NAME-signing-key.',
    )
    .optional(),
  trustedKeys: setOf(publicKey, 16)
    .default([])
    .describe("Further Ed25519 public keys (PEM) whose models are taken into service, such as an earlier key's."),
});

export const modelStoreSchema = withRules(modelStoreFields, [
  {
    rule: '!(has(self.persistentVolumeClaim) && has(self.s3))',
    message: 'either persistentVolumeClaim or s3, not both',
    violations: ({ persistentVolumeClaim, s3 }) =>
      persistentVolumeClaim !== undefined && s3 !== undefined ? [[]] : [],
  },
]);
