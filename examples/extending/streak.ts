/** Example of a feature kind. streak: on how many days in a row there was an event, the last of them today or yesterday. */
import type { FeatureKind } from '../../services/shared/profile/kinds/kind.ts';
import { panedKind } from '../../services/shared/profile/kinds/paned.ts';
import type { Panes } from '../../services/shared/profile/panes.ts';

/** As it would stand in a spec: `streak: { longest: 60 }`. */
export interface StreakDefinition {
  /** Days that are remembered, and so the longest streak that can be told; 1 to 366. */
  readonly longest: number;
}

const day = 86_400_000;

/** State: the days (of UTC) that have an event, those within `longest` days of the newest. A day is a pane, its cell says nothing more. */
export const streak: FeatureKind<StreakDefinition, Panes<true>> = {
  version: 1,
  compile: ({ longest }) =>
    panedKind<true, true>({
      shape: { pane: day, count: longest },
      read: () => true,
      add: () => true,
      merge: () => true,
      value: ({ indexes }, now) => streakAt(indexes, Math.floor(now / day)),
      encode: () => undefined,
      decode: () => true,
    }),
};

/** `days` ascend. Today may still bring its event, so a streak that reached yesterday is not broken. */
function streakAt(days: readonly number[], today: number): number {
  const known = new Set(days);
  let day = known.has(today) ? today : today - 1;
  let length = 0;
  for (; known.has(day); day--) length++;
  return length;
}
