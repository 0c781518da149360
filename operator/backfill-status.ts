/** What feature has reported of a backfill → what the status says of it. Pure. */
import type { BackfillStatus } from '../crds/status.ts';

/** undefined: no feature is backfilled, or what is said of it cannot be read. */
export function backfillIn(reported: string | undefined): BackfillStatus | undefined {
  if (!reported) return undefined;
  try {
    const { definition, progressPercentage: percentage } = JSON.parse(reported) as Partial<BackfillStatus>;
    if (typeof definition !== 'string' || !/^[0-9a-f]{1,64}$/.test(definition)) return undefined;
    if (typeof percentage !== 'number' || Number.isNaN(percentage)) return undefined;
    return { definition, progressPercentage: Math.min(100, Math.max(0, Math.floor(percentage))) };
  } catch {
    return undefined;
  }
}
