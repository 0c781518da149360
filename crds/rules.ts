/**
 * Rules that a type alone cannot state. Each is written twice, side by side: in CEL for the API server, and as a
 * function for the laptop; crds/rules.test.ts holds the two against each other.
 */
import type { z } from 'zod';

/** Where below the value that a rule is bound to: `[]` is the value itself. */
type Offence = readonly (string | number)[];

export interface Rule<Value> {
  /** CEL; `self` is the value. */
  readonly rule: string;
  /** What is allowed, in the same words on both sides. */
  readonly message: string;
  /** The field below the value that is at fault, as the API server is to name it, e.g. `.url`. Default: the value. */
  readonly fieldPath?: string;
  /** Every place that breaks the rule; empty if it holds. */
  readonly violations: (value: Value) => readonly Offence[];
}

/** A rule about a change, which only the API server can see: `oldSelf` is the value before. */
export interface TransitionRule {
  readonly rule: string;
  readonly message: string;
  readonly fieldPath?: string;
}

export const celKey = 'x-kubernetes-validations';

export function withRules<Schema extends z.ZodType>(
  schema: Schema,
  rules: readonly Rule<z.output<Schema>>[],
  transitions: readonly TransitionRule[] = [],
): Schema {
  const checked = schema.superRefine((value, context) => {
    for (const { message, violations } of rules)
      for (const path of violations(value)) context.addIssue({ code: 'custom', message, path: [...path] });
  });
  const written = [...rules, ...transitions].map(({ rule, message, fieldPath }) => ({
    rule,
    message,
    ...(fieldPath && { fieldPath }),
  }));
  return checked.meta({ [celKey]: [...celRulesOf(schema), ...written] });
}

function celRulesOf(schema: z.ZodType): unknown[] {
  const known = schema.meta()?.[celKey];
  return Array.isArray(known) ? known : [];
}
