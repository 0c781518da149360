/** What the API server refuses by type, bound, pattern or unknown field. */
import { refusedBy } from './refusal.ts';

const secret = '{name: s}';
const stage = (fields: string) => `spec: {stages: [{name: feature, ${fields}}]}`;
const secretName = 'the name of a Secret: lowercase letters, digits, "-" and ".", at most 253 characters';
const processor = 'a quantity of processor in quotes, such as "500m" or "2"';
const bytes = 'a quantity of bytes in quotes, such as "512Mi" or "2Gi"';
const redis = 'spec.store.redis';
const cpu = 'spec.serving.resources.requests.cpu';

/** `fields`: one field of the promotion. */
function promotions(rows: readonly (readonly [name: string, fields: string, message: string])[]) {
  return rows.map(([name, fields, message]) => ({
    name,
    patch: `spec: {training: {promotion: {${fields}}}}`,
    path: `spec.training.promotion.${fields.split(':')[0]}`,
    message,
  }));
}

export const refusedBySchema = refusedBy('Schema', [
  {
    name: 'a field that is mistyped',
    patch: 'spec: {featurs: []}',
    path: 'spec.featurs',
    message:
      'suspend, deletionPolicy, kafka, store, modelStore, preset, ingest, events, cleaning, identity, features, models, training, archive, stages, serving',
  },
  {
    name: 'a suspension in words',
    patch: 'spec: {suspend: "yes"}',
    path: 'spec.suspend',
    message: 'true or false',
  },
  {
    name: 'a deletion policy that is none',
    patch: 'spec: {deletionPolicy: Keep}',
    path: 'spec.deletionPolicy',
    message: 'Delete or Retain',
  },
  {
    name: 'Kafka without an address',
    patch: 'spec: {kafka: {bootstrapServers: null}}',
    path: 'spec.kafka.bootstrapServers',
    message: 'a text',
  },
  {
    name: 'Kafka with an empty address',
    patch: 'spec: {kafka: {bootstrapServers: ""}}',
    path: 'spec.kafka.bootstrapServers',
    message: 'at least 1 character',
  },
  {
    name: 'no partitions',
    patch: 'spec: {kafka: {partitions: 0}}',
    path: 'spec.kafka.partitions',
    message: 'a whole number from 1 to 1000',
  },
  {
    name: 'partitions as a text',
    patch: 'spec: {kafka: {partitions: "12"}}',
    path: 'spec.kafka.partitions',
    message: 'a whole number from 1 to 1000',
  },
  {
    name: 'a retention in days',
    patch: 'spec: {kafka: {retention: 7d}}',
    path: 'spec.kafka.retention',
    message: 'a duration such as 90s, 15m or 168h',
  },
  {
    name: 'topics in a mode that is none',
    patch: 'spec: {kafka: {topics: Strimzi}}',
    path: 'spec.kafka.topics',
    message: 'Managed, Existing or KafkaTopic',
  },
  {
    name: 'a SASL mechanism of Kafka’s own spelling',
    patch: `spec: {kafka: {authentication: {type: SCRAM-SHA-512, secretRef: ${secret}}}}`,
    path: 'spec.kafka.authentication.type',
    message: 'ScramSha256, ScramSha512 or Plain',
  },
  {
    name: 'authentication without a Secret',
    patch: 'spec: {kafka: {authentication: {type: ScramSha512}}}',
    path: 'spec.kafka.authentication.secretRef',
    message: 'an object with fields of its own: name',
  },
  {
    name: 'a Secret with capital letters',
    patch: 'spec: {ingest: {writeKeysSecretRef: {name: WriteKeys}}}',
    path: 'spec.ingest.writeKeysSecretRef.name',
    message: secretName,
  },
  {
    name: 'a CA Secret without a name',
    patch: 'spec: {kafka: {tls: {caSecretRef: {key: ca.pem}}}}',
    path: 'spec.kafka.tls.caSecretRef.name',
    message: secretName,
  },
  {
    name: 'a store that is not Redis',
    patch: 'spec: {store: {redis: {url: "http://redis"}}}',
    path: 'spec.store.redis.url',
    message: 'a Redis URL such as redis://redis:6379',
  },
  {
    name: 'a store without Redis',
    patch: 'spec: {store: {redis: null}}',
    path: redis,
    message: 'an object with fields of its own: url, secretRef, tls',
  },
  {
    name: 'a trusted key that is no PEM',
    patch: 'spec: {modelStore: {trustedKeys: [abc]}}',
    path: 'spec.modelStore.trustedKeys[0]',
    message: 'a public key as PEM, -----BEGIN PUBLIC KEY----- …',
  },
  {
    name: 'a claim without a name',
    patch: 'spec: {modelStore: {persistentVolumeClaim: {}}}',
    path: 'spec.modelStore.persistentVolumeClaim.claimName',
    message: 'the name of a PersistentVolumeClaim: lowercase letters, digits, "-" and ".", at most 253 characters',
  },
  {
    name: 'an endpoint of S3 with a path',
    patch: 'spec: {modelStore: {s3: {bucket: models, endpoint: "https://s3/models", secretRef: {name: s}}}}',
    path: 'spec.modelStore.s3.endpoint',
    message: 'an http or https URL without a path',
  },
  {
    name: 'a prefix that leads upwards',
    patch: 'spec: {modelStore: {s3: {bucket: models, endpoint: "https://s3", secretRef: {name: s}, prefix: a/../b}}}',
    path: 'spec.modelStore.s3.prefix',
    message: 'what keys begin with, such as team/shop: letters, digits, "-", "_", "." and "/", no "/" at the end',
  },
  {
    name: 'a negative size of the log',
    patch: 'spec: {ingest: {log: {size: -5Gi}}}',
    path: 'spec.ingest.log.size',
    message: 'a size such as 512Mi or 5Gi',
  },
  {
    name: 'a size of the log as a negative number',
    patch: 'spec: {ingest: {log: {size: -5}}}',
    path: 'spec.ingest.log.size',
    message: 'a size such as 512Mi or 5Gi',
  },
  {
    name: 'a stage that is none',
    patch: 'spec: {stages: [{name: trainer}]}',
    path: 'spec.stages[0].name',
    message: 'ingest, cleaner or feature',
  },
  {
    name: 'no replicas',
    patch: stage('replicas: 0'),
    path: 'spec.stages[0].replicas',
    message: 'a whole number from 1 to 1000',
  },
  {
    name: 'autoscaling down to nothing',
    patch: stage('autoscaling: {minReplicas: 0, maxReplicas: 3}'),
    path: 'spec.stages[0].autoscaling.minReplicas',
    message: 'a whole number from 1 to 1000',
  },
  {
    name: 'autoscaling without an end',
    patch: stage('autoscaling: {minReplicas: 2}'),
    path: 'spec.stages[0].autoscaling.maxReplicas',
    message: 'a whole number from 1 to 1000',
  },
  {
    name: 'KEDA for serving, which waits on no stream',
    patch: 'spec: {serving: {autoscaling: {mode: KEDA, maxReplicas: 3}}}',
    path: 'spec.serving.autoscaling.mode',
    message: 'HPA',
  },
  {
    name: 'processor as a number',
    patch: 'spec: {serving: {resources: {requests: {cpu: 2}}}}',
    path: cpu,
    message: processor,
  },
  {
    name: 'memory in a unit that is none',
    patch: 'spec: {training: {resources: {limits: {memory: 2GB}}}}',
    path: 'spec.training.resources.limits.memory',
    message: bytes,
  },
  {
    name: 'an empty image',
    patch: 'spec: {training: {image: ""}}',
    path: 'spec.training.image',
    message: 'the name of an image such as registry.example.com/likeness:1.0',
  },
  {
    name: 'a negative count of GPUs',
    patch: 'spec: {training: {gpu: {count: -1}}}',
    path: 'spec.training.gpu.count',
    message: 'a whole number from 0 to 64',
  },
  {
    name: 'no worker',
    patch: 'spec: {training: {workers: 0}}',
    path: 'spec.training.workers',
    message: 'a whole number from 1 to 64',
  },
  {
    name: 'a resource without a domain',
    patch: 'spec: {training: {gpu: {resourceName: gpu}}}',
    path: 'spec.training.gpu.resourceName',
    message: 'the name of a resource such as nvidia.com/gpu or nvidia.com/mig-1g.5gb',
  },
  {
    name: 'the same product twice',
    patch: 'spec: {training: {gpu: {products: [A100, A100]}}}',
    path: 'spec.training.gpu.products[1]',
    message: 'each entry once in this list',
  },
  {
    name: 'a queue that is no label',
    patch: 'spec: {training: {queueName: GPU_queue}}',
    path: 'spec.training.queueName',
    message: 'the name of a LocalQueue: lowercase letters, digits and "-", at most 63 characters',
  },
  {
    name: 'a deadline of a second',
    patch: 'spec: {training: {activeDeadlineSeconds: 1}}',
    path: 'spec.training.activeDeadlineSeconds',
    message: 'a whole number from 60 to 2592000',
  },
  {
    name: 'a weight as a number',
    patch: 'spec: {events: [{name: view, weight: 1}]}',
    path: 'spec.events[0].weight',
    message: 'a decimal number in quotes, such as "0.8"',
  },
  {
    name: 'a stage twice',
    patch: 'spec: {stages: [{name: feature}, {name: feature}]}',
    path: 'spec.stages[1].name',
    apiPath: 'spec.stages[1]',
    message: 'each name once in this list',
  },
  {
    name: 'a schedule of three fields',
    patch: "spec: {training: {retrain: {mode: OnSchedule, schedule: '0 3 *'}}}",
    path: 'spec.training.retrain.schedule',
    message: 'a cron schedule of five fields, such as "0 3 * * *": minute, hour, day, month, weekday',
  },
  {
    name: 'a model that keeps no feature',
    patch: 'spec: {models: [{name: m, classify: {label: {events: [view]}, selection: {keep: 0}}}]}',
    path: 'spec.models[0].classify.selection.keep',
    message: 'a whole number from 1 to 64',
  },
  {
    name: 'a label within less than a second',
    patch: 'spec: {models: [{name: m, classify: {label: {events: [view], within: 500ms}}}]}',
    path: 'spec.models[0].classify.label.within',
    message: 'a duration in whole seconds such as 90s, 15m or 168h',
  },
  {
    name: 'a canary of nobody',
    patch: 'spec: {training: {promotion: {canaryPercent: 0}}}',
    path: 'spec.training.promotion.canaryPercent',
    message: 'a whole number from 1 to 100',
  },
  ...promotions([
    ['a canary of more than everybody', 'canaryPercent: 101', 'a whole number from 1 to 100'],
    ['a policy that is none', 'policy: Never', 'Auto or Manual'],
    ['a bake time without a unit', 'bakeTime: "15"', 'a duration such as 90s, 15m or 168h'],
    ['a trial with fewer answers than none', 'minAnswers: -1', 'a whole number from 0 to 1000000'],
    ['a half answer', 'minAnswers: 0.5', 'a whole number from 0 to 1000000'],
    ['a least difference as a number', 'minDelta: -0.01', 'a decimal number in quotes, such as "0.8"'],
    ['a floor with a sign', 'segmentFloor: "-0.1"', 'a decimal number in quotes, such as "0.8"'],
    ['a budget of no unit', 'latencyBudget: fast', 'a duration such as 90s, 15m or 168h'],
  ]),
  {
    name: 'an alarm that is none',
    patch: 'spec: {training: {promotion: {alarms: {clickRate: "0.1"}}}}',
    path: 'spec.training.promotion.alarms.clickRate',
    message: 'errorRate, latencyP99Ratio, qualityDrop',
  },
  {
    name: 'an item attribute that is filled in: the catalogue says what is known',
    patch: 'spec: {cleaning: {impute: [{name: a, field: item.price, with: Mean}]}}',
    path: 'spec.cleaning.impute[0].field',
    message: 'a field that can be filled in: value, quantity, properties.… or context.…',
  },
]);
