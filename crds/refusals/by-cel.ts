/** What the API server refuses by a rule, in the words of `likeness validate`. */
import { refusedBy } from './refusal.ts';

const secret = '{name: s}';
const stage = (fields: string) => `spec: {stages: [{name: feature, ${fields}}]}`;
const feature = (kind: string) => `spec: {features: [{name: a, ${kind}}]}`;
const step = (list: string, fields: string) => `spec: {cleaning: {${list}: [{name: a, ${fields}}]}}`;
const toleration = (fields: string) => `spec: {training: {gpu: {tolerations: [{${fields}}]}}}`;
const s3 = (endpoint: string, more = '') => `{bucket: models, endpoint: "${endpoint}", secretRef: ${secret}${more}}`;
const redis = 'spec.store.redis';
const cpu = 'spec.serving.resources.requests.cpu';
const tolerated = 'spec.training.gpu.tolerations[0]';

export const refusedByCel = refusedBy('CEL', [
  {
    name: 'a name too long for its children',
    patch: `metadata: {name: ${'s'.repeat(41)}}`,
    path: 'metadata.name',
    apiPath: '<nil>',
    message: 'a name of at most 40 characters (child names add suffixes)',
  },
  {
    name: 'a name that no Service can have',
    patch: 'metadata: {name: 9shop}',
    path: 'metadata.name',
    apiPath: '<nil>',
    message: 'a name that is an RFC 1035 label: a lowercase letter, then lowercase letters, digits and "-"',
  },
  {
    name: 'replicas beside autoscaling',
    patch: stage('replicas: 2, autoscaling: {maxReplicas: 3}'),
    path: 'spec.stages[0]',
    message: 'either replicas or autoscaling, not both',
  },
  {
    name: 'replicas of serving beside autoscaling',
    patch: 'spec: {serving: {replicas: 2, autoscaling: {maxReplicas: 3}}}',
    path: 'spec.serving',
    message: 'either replicas or autoscaling, not both',
  },
  {
    name: 'a least above the most',
    patch: stage('autoscaling: {minReplicas: 4, maxReplicas: 3}'),
    path: 'spec.stages[0].autoscaling.minReplicas',
    message: 'minReplicas of at most maxReplicas',
  },
  {
    name: 'a threshold of lag for HPA',
    patch: stage('autoscaling: {maxReplicas: 3, lagThreshold: 100}'),
    path: 'spec.stages[0].autoscaling.lagThreshold',
    message: 'lagThreshold only with mode KEDA',
  },
  {
    name: 'KEDA for ingest, which waits on no stream',
    patch: 'spec: {stages: [{name: ingest, autoscaling: {mode: KEDA, maxReplicas: 3}}]}',
    path: 'spec.stages[0].autoscaling.mode',
    message: 'mode KEDA only for a stage that waits on a stream: cleaner or feature',
  },
  {
    name: 'models on a volume and in a bucket',
    patch: `spec: {modelStore: {persistentVolumeClaim: {claimName: models}, s3: ${s3('http://s3')}}}`,
    path: 'spec.modelStore',
    message: 'either persistentVolumeClaim or s3, not both',
  },
  {
    name: 'authorities for a bucket without TLS',
    patch: `spec: {modelStore: {s3: ${s3('http://s3', ', tls: {caSecretRef: {name: ca}}')}}}`,
    path: 'spec.modelStore.s3.tls',
    message: 'tls only with an endpoint of https://',
  },
  {
    name: 'workers without a partition',
    patch: 'spec: {kafka: {bootstrapServers: "k:9092", partitions: 3}, training: {workers: 4}}',
    path: 'spec.training.workers',
    message: 'at most as many workers as kafka.partitions, because each has some of its own',
  },
  {
    name: 'a mode of schedules without one',
    patch: 'spec: {training: {retrain: {mode: OnSchedule}}}',
    path: 'spec.training.retrain.schedule',
    message: 'a schedule with mode OnSchedule',
  },
  {
    name: 'a schedule without its mode',
    patch: "spec: {training: {retrain: {schedule: '0 3 * * *'}}}",
    path: 'spec.training.retrain.schedule',
    message: 'schedule only with mode OnSchedule',
  },
  {
    name: 'a time zone without a schedule',
    patch: 'spec: {training: {retrain: {timeZone: Europe/Berlin}}}',
    path: 'spec.training.retrain.timeZone',
    message: 'timeZone only with a schedule',
  },
  {
    name: 'a count of GPUs beside a claim',
    patch: 'spec: {training: {gpu: {count: 1, resourceClaimTemplateName: gpus}}}',
    path: 'spec.training.gpu',
    message: 'either count or resourceClaimTemplateName, not both',
  },
  {
    name: 'a toleration of nothing',
    patch: toleration('effect: NoSchedule'),
    path: tolerated,
    message: 'a key, or operator Exists',
  },
  {
    name: 'a toleration of whatever value, with a value',
    patch: toleration('key: gpu, operator: Exists, value: x'),
    path: `${tolerated}.value`,
    message: 'a value only with operator Equal',
  },
  {
    name: 'a toleration for a while of what evicts nobody',
    patch: toleration('key: gpu, operator: Exists, effect: NoSchedule, tolerationSeconds: 60'),
    path: `${tolerated}.tolerationSeconds`,
    message: 'tolerationSeconds only with effect NoExecute',
  },
  {
    name: 'more processor requested than allowed',
    patch: 'spec: {serving: {resources: {requests: {cpu: "2"}, limits: {cpu: 1500m}}}}',
    path: cpu,
    message: 'requests.cpu of at most limits.cpu',
  },
  {
    name: 'more memory requested than allowed',
    patch: 'spec: {training: {resources: {requests: {memory: 2Gi}, limits: {memory: 2G}}}}',
    path: 'spec.training.resources.requests.memory',
    message: 'requests.memory of at most limits.memory',
  },
  {
    name: 'more copies in sync than there are',
    patch: 'spec: {kafka: {minInsyncReplicas: 2}}',
    path: 'spec.kafka.minInsyncReplicas',
    message: 'minInsyncReplicas of at most replicationFactor',
  },
  {
    name: 'KafkaTopics of no cluster',
    patch: 'spec: {kafka: {topics: KafkaTopic}}',
    path: 'spec.kafka.strimziCluster',
    message: 'strimziCluster exactly with topics: KafkaTopic',
  },
  {
    name: 'a password in the clear',
    patch: `spec: {kafka: {authentication: {type: Plain, secretRef: ${secret}}}}`,
    path: 'spec.kafka.authentication.type',
    message: 'type Plain only with tls (it sends the password as it is)',
  },
  {
    name: 'two passwords of Redis',
    patch: `spec: {store: {redis: {url: "redis://u:p@redis", secretRef: ${secret}}}}`,
    path: `${redis}.url`,
    message: 'a url without credentials, which are in the Secret',
  },
  {
    name: 'authorities of a plain connection',
    patch: 'spec: {store: {redis: {tls: {}}}}',
    path: `${redis}.tls`,
    message: 'tls only with a url of rediss://',
  },
  {
    name: 'a retention of no time',
    patch: 'spec: {kafka: {retention: 0s}}',
    path: 'spec.kafka.retention',
    message: 'a duration from 1ms to 876000h',
  },
  {
    name: 'a weight beyond its bounds',
    patch: 'spec: {events: [{name: view, weight: "1001"}]}',
    path: 'spec.events[0].weight',
    message: 'a decimal number in quotes, from "0" to "1000"',
  },
  {
    name: 'a feature of two kinds',
    patch: feature('count: {}, sinceLast: {}'),
    path: 'spec.features[0]',
    message:
      'exactly one kind: count, sum, mean, min, max, last, first, sinceLast, distinct, sequence, interest, ratio',
  },
  {
    name: 'a pane without a window',
    patch: feature('count: {pane: 1h}'),
    path: 'spec.features[0].count.pane',
    message: 'a pane only with a window',
  },
  {
    name: 'a window that the archive does not reach',
    patch:
      'spec: {preset: none, events: [{name: view}], archive: {retention: 24h}, features: [{name: a, sum: {field: value, window: 25h, pane: 1h}}]}',
    path: 'spec.features[0].sum.window',
    apiPath: 'spec',
    message: 'a window of at most archive.retention, so that the feature can be computed again',
  },
  {
    name: 'a model without its history',
    patch:
      'spec: {preset: none, events: [{name: view}], models: [{name: m, recommend: {history: past, target: [view]}}]}',
    path: 'spec.models[0].recommend.history',
    apiPath: 'spec',
    message: 'a history that is a sequence feature of this pipeline (it has no preset to supply one)',
  },
  {
    name: 'a model that does two things',
    patch:
      'spec: {models: [{name: m, recommend: {history: history, target: [view]}, classify: {label: {events: [view]}}}]}',
    path: 'spec.models[0]',
    message: 'exactly one of recommend and classify',
  },
  {
    name: 'a model that does nothing',
    patch: 'spec: {models: [{name: m}]}',
    path: 'spec.models[0]',
    message: 'exactly one of recommend and classify',
  },
  {
    name: 'a constant that is not said',
    patch: step('impute', 'field: value, with: Constant'),
    path: 'spec.cleaning.impute[0].constant',
    message: 'a constant with Constant, and with nothing else',
  },
  {
    name: 'a constant beside what is learned',
    patch: step('impute', 'field: value, with: Mean, constant: "1"'),
    path: 'spec.cleaning.impute[0].constant',
    message: 'a constant with Constant, and with nothing else',
  },
  {
    name: 'a constant by group',
    patch: step('impute', 'field: value, with: Constant, constant: "1", by: itemId'),
    path: 'spec.cleaning.impute[0].by',
    message: 'by only where something is learned: not with Constant',
  },
  {
    name: 'a text where only a number can stand',
    patch: step('impute', 'field: quantity, with: Constant, constant: one'),
    path: 'spec.cleaning.impute[0].constant',
    message: 'a decimal number in quotes, such as "0", for value and quantity',
  },
  {
    name: 'a score that no forest gives',
    patch: step('outliers', 'fields: [value], method: IsolationForest, action: Tag, threshold: "3"'),
    path: 'spec.cleaning.outliers[0].threshold',
    message: 'a threshold below 1 with IsolationForest',
  },
  {
    name: 'a bake time of nothing',
    patch: 'spec: {training: {promotion: {bakeTime: 0s}}}',
    path: 'spec.training.promotion.bakeTime',
    message: 'a duration from 1ms to 876000h',
  },
  {
    name: 'a latency budget of nothing',
    patch: 'spec: {training: {promotion: {latencyBudget: 0ms}}}',
    path: 'spec.training.promotion.latencyBudget',
    message: 'a duration from 1ms to 876000h',
  },
  {
    name: 'a least difference that no model reaches',
    patch: 'spec: {training: {promotion: {minDelta: "11"}}}',
    path: 'spec.training.promotion.minDelta',
    message: 'a decimal number in quotes, from "-1" to "10"',
  },
  {
    name: 'a floor below everything',
    patch: 'spec: {training: {promotion: {segmentFloor: "1.5"}}}',
    path: 'spec.training.promotion.segmentFloor',
    message: 'a decimal number in quotes, from "0" to "1"',
  },
  {
    name: 'more failures than answers',
    patch: 'spec: {training: {promotion: {alarms: {errorRate: "1.01"}}}}',
    path: 'spec.training.promotion.alarms.errorRate',
    message: 'a decimal number in quotes, from "0" to "1"',
  },
  {
    name: 'a model on trial that has to be quicker',
    patch: 'spec: {training: {promotion: {alarms: {latencyP99Ratio: "0.5"}}}}',
    path: 'spec.training.promotion.alarms.latencyP99Ratio',
    message: 'a decimal number in quotes, from "1" to "1000"',
  },
  {
    name: 'a drop of more than all quality',
    patch: 'spec: {training: {promotion: {alarms: {qualityDrop: "2"}}}}',
    path: 'spec.training.promotion.alarms.qualityDrop',
    message: 'a decimal number in quotes, from "0" to "1"',
  },
]);
