/** Where the program of a stage lies below `services/`: some are modes of another service. Pure. */
import type { StageName } from './plan.ts';

const modes: Partial<Record<string, string>> = { archive: 'trainer/archive', gate: 'trainer/gate' } satisfies Partial<
  Record<StageName, string>
>;

export const programOf = (stage: string): string => modes[stage] ?? stage;
