/** Port: who looks after a pipeline's topics in a cluster. Services only use topics; the operator alone keeps them. */
import type { TopicSettings } from './broker.ts';

/** What a topic has and should not have. */
export interface TopicProblem {
  readonly topic: string;
  /** A topic with other partitions than wanted was made by somebody else. */
  readonly kind: 'Missing' | 'Partitions' | 'Replicas' | 'Setting';
  /** In words for a person. */
  readonly problem: string;
}

/** Records of a topic that a consumer group has not passed yet. */
export interface GroupLag {
  readonly group: string;
  readonly topic: string;
}

/** Everything rejects with a LikenessError: `BrokerUnavailable` (retryable) or `BadConfig`. */
export interface TopicAdmin {
  /**
   * Creates what is missing and sets what differs. Partitions and replicas never change in place: a topic that has
   * others comes back as a problem, and nothing of it is changed.
   */
  ensure(topics: readonly TopicSettings[]): Promise<TopicProblem[]>;
  /** The same look without changing anything: what is missing and every setting that differs. */
  check(topics: readonly TopicSettings[]): Promise<TopicProblem[]>;
  /** What is gone already is fine; a group with members stays and is a retryable error. */
  remove(topics: readonly string[], groups: readonly string[]): Promise<void>;
  /** 0 where the topic does not exist. */
  lag(of: GroupLag): Promise<number>;
  /** The ends of all its partitions, added up: what was ever written to it. 0 where it does not exist. */
  written(topic: string): Promise<number>;
  close(): Promise<void>;
}
