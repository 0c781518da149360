/** What a pure step says about an event: keep it, drop it by an explicit rule, or keep it aside with the reason. */

export type Result<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'drop'; readonly reason: string }
  | { readonly kind: 'deadLetter'; readonly reason: ReasonCode; readonly detail: string };

/** Why an event was refused. The code is the metric label, the log field and the dead letter's `reason`. */
export const reasonCodes = [
  'Malformed',
  'SchemaViolation',
  'MissingField',
  'UnknownEventType',
  'FutureTime',
  'TooLate',
  'Bot',
  'RuleMatched',
  'RuleFailed',
  'UnknownUnit',
  'ValueOutOfRange',
  'Outlier',
  'BeyondDedupe',
  'Poison',
] as const;

export type ReasonCode = (typeof reasonCodes)[number];

export const ok = <T>(value: T): Result<T> => ({ kind: 'ok', value });
export const drop = (reason: string): Result<never> => ({ kind: 'drop', reason });
export const deadLetter = (reason: ReasonCode, detail: string): Result<never> => ({
  kind: 'deadLetter',
  reason,
  detail,
});
