/** Positions of the group: written down at most once a second, and only behind what has been produced. */
import type { Consumer } from '../shared/broker.ts';

export interface Positions {
  /** Everything before `offset` has been produced. */
  done(partition: number, offset: number): void;
  /** The partition was taken away: its position is the new owner's business. */
  forget(partition: number): void;
  /** Commits what is not committed yet. Rejects with the first failure; what failed is tried again next time. */
  commit(consumer: Pick<Consumer, 'commit'>): Promise<void>;
}

export function createPositions(topic: string): Positions {
  const pending = new Map<number, number>();
  return {
    done: (partition, offset) => void pending.set(partition, offset),
    forget: (partition) => void pending.delete(partition),
    commit: async (consumer) => {
      const commits = [...pending].map(async ([partition, offset]) => {
        await consumer.commit(topic, partition, offset);
        if (pending.get(partition) === offset) pending.delete(partition);
      });
      await Promise.all(commits);
    },
  };
}
