/** The topics of a plan, before anything uses them. */
import type { Broker } from '../../services/shared/broker.ts';
import { LikenessError } from '../../services/shared/errors.ts';
import type { Plan } from '../plan.ts';

/**
 * Makes the topics, or, where somebody else does, looks whether they are there. Rejects with `NotFound` for a topic
 * that is missing, with `BadConfig` for one with other partitions.
 */
export async function prepareTopics(broker: Broker, { topicMode, topics }: Plan): Promise<void> {
  if (topicMode === 'Managed') return broker.createTopics(topics);
  for (const { name, partitions } of topics) {
    const { length } = await broker.offsets(name);
    if (length === partitions) continue;
    throw new LikenessError(
      'BadConfig',
      `Topic ${name} has ${length} partitions, ${partitions} are asked for: whoever makes the topics has to give it as many.`,
    );
  }
}
