/** Changes that a running pipeline does not take. Only the API server sees a change. */
import type { RefusedChange } from './refusal.ts';

const bootstrapMessage = 'kafka.bootstrapServers is immutable';
const partitionsMessage = 'kafka.partitions is immutable (profiles would change their partition)';
const storeMessage = 'store is immutable (the profiles are in it)';

export const refusedChanges: readonly RefusedChange[] = [
  {
    name: 'another broker',
    before: '{}',
    after: 'spec: {kafka: {bootstrapServers: "other:9092"}}',
    path: 'spec.kafka.bootstrapServers',
    message: bootstrapMessage,
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
