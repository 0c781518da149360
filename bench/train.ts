/**
 * How fast trainings run. The top of the result is the ranker's; beside it lie the network's, and those of SR and EASE by
 * the size of the log. `--only events` or `--only tensors` measures one of the two.
 */
import type { BenchContext } from './main.ts';
import { measureEvents } from './train/events.ts';
import { measureSpeed } from './train/speed.ts';

export async function run(context: BenchContext): Promise<object> {
  const { only } = context.flags;
  if (only === 'events') return { events: await measureEvents(context) };
  const { ranker, mlp } = await measureSpeed(context);
  if (only === 'tensors') return { ...ranker, mlp };
  return { ...ranker, mlp, events: await measureEvents(context) };
}
