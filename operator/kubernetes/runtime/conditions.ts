/** Conditions of a status: a condition's time moves only when its status does. */

type ConditionStatus = 'True' | 'False' | 'Unknown';

export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  /** One word for machines. */
  readonly reason: string;
  /** For people: what is so, and what to do. */
  readonly message: string;
  readonly observedGeneration?: number;
  /** RFC 3339, whole seconds, UTC. */
  readonly lastTransitionTime: string;
}

const longestMessage = 1024;

/** RFC 3339 with whole seconds, as metav1.Time is written. */
export const timestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/**
 * The conditions with one set; the very same array when nothing differs. `nowMs` becomes lastTransitionTime if the
 * status is another one (or new). The message is cut to 1,024 characters.
 */
export function setCondition(
  conditions: readonly Condition[],
  wanted: Omit<Condition, 'lastTransitionTime'>,
  nowMs: number,
): readonly Condition[] {
  const at = conditions.findIndex(({ type }) => type === wanted.type);
  const before = conditions[at];
  const message = cut(wanted.message, longestMessage);
  const lastTransitionTime = before && before.status === wanted.status ? before.lastTransitionTime : timestamp(nowMs);
  const condition = { ...wanted, message, lastTransitionTime };
  if (!before) return [...conditions, condition];
  if (alike(before, condition)) return conditions;
  return conditions.with(at, condition);
}

export function removeCondition(conditions: readonly Condition[], type: string): readonly Condition[] {
  return conditions.some((condition) => condition.type === type)
    ? conditions.filter((condition) => condition.type !== type)
    : conditions;
}

export const findCondition = (conditions: readonly Condition[], type: string): Condition | undefined =>
  conditions.find((condition) => condition.type === type);

/** At most `length` UTF-16 units, an ellipsis at the end of what was cut, and no half of a character. */
export function cut(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text
        .slice(0, length - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')}…`;
}

function alike(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  );
}
