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

export const modelStoreSchema = z.strictObject({
  persistentVolumeClaim: z
    .strictObject({ claimName: objectName('a PersistentVolumeClaim').describe('Name of the claim.') })
    .describe('In a cluster: the volume of the models. Absent: a claim of its own, NAME-models.')
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
