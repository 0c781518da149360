/** What all workers together have learned for the cleaner. */
import type { CleaningModel } from '../shared/learning/cleaning/cleaning-model.ts';
import type { CleaningSums } from '../shared/learning/cleaning/sums.ts';
import { isFirst, type Team } from '../shared/learning/team.ts';

/** undefined where the spec asks for nothing, or another worker is the first, which has it. */
export async function fitCleaning(sums: CleaningSums, team: Team): Promise<CleaningModel | undefined> {
  if (sums.isEmpty) return undefined;
  await team.sendToFirst(
    'cleaning',
    () => Buffer.from(JSON.stringify(sums.store())),
    (bytes) => sums.merge(JSON.parse(Buffer.from(bytes).toString('utf8'))),
  );
  return isFirst(team) ? sums.fit() : undefined;
}
