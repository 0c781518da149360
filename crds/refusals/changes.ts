/** Changes that a running pipeline does not take. Only the API server sees a change. */
import type { RefusedChange } from './refusal.ts';

const bootstrapMessage =
  'kafka.bootstrapServers is immutable, even before there are topics (delete the pipeline, and create it anew)';
const partitionsMessage = 'kafka.partitions is immutable (profiles would change their partition)';
const storeMessage = 'store is immutable (the profiles are in it)';

const logClass = 'spec.ingest.log.storageClassName';
const classMessage =
  'ingest.log.storageClassName is immutable (take the log out, and put it in again once it is drained)';

export const refusedChanges: readonly RefusedChange[] = [
  {
    name: 'another broker',
    before: '{}',
    after: 'spec: {kafka: {bootstrapServers: "other:9092"}}',
    path: 'spec.kafka.bootstrapServers',
    message: bootstrapMessage,
  },
  {
    name: 'a smaller log',
    before: 'spec: {ingest: {log: {size: 2Gi}}}',
    after: 'spec: {ingest: {log: {size: 1536Mi}}}',
    path: 'spec.ingest.log.size',
    message: 'ingest.log.size can only grow (a volume does not shrink)',
  },
  {
    name: 'a log of another class',
    before: 'spec: {ingest: {log: {storageClassName: fast}}}',
    after: 'spec: {ingest: {log: {storageClassName: slow}}}',
    path: logClass,
    message: classMessage,
  },
  {
    name: 'a log of no class that is named',
    before: 'spec: {ingest: {log: {storageClassName: fast}}}',
    after: 'spec: {ingest: {log: {}}}',
    path: logClass,
    message: classMessage,
  },
  {
    name: 'more partitions',
    before: '{}',
    after: 'spec: {kafka: {partitions: 2}}',
    path: 'spec.kafka.partitions',
    message: partitionsMessage,
  },
  {
    name: 'partitions that are no longer named',
    before: '{}',
    after: 'spec: {kafka: {partitions: null}}',
    path: 'spec.kafka.partitions',
    message: partitionsMessage,
  },
  {
    name: 'Kafka removed, which could then be added again with other partitions',
    before: '{}',
    after: 'spec: {kafka: null}',
    path: 'spec.kafka',
    message: 'kafka cannot be added or removed',
  },
  {
    name: 'Kafka added',
    before: 'spec: {kafka: null}',
    after: '{}',
    path: 'spec.kafka',
    message: 'kafka cannot be added or removed',
  },
  {
    name: 'another store',
    before: '{}',
    after: 'spec: {store: {redis: {url: "redis://other"}}}',
    path: 'spec.store',
    message: storeMessage,
  },
  {
    name: 'a store removed',
    before: '{}',
    after: 'spec: {store: null}',
    path: 'spec.store',
    message: storeMessage,
  },
  {
    name: 'a store added',
    before: 'spec: {store: null}',
    after: '{}',
    path: 'spec.store',
    message: storeMessage,
  },
];
