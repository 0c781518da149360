/** Scalars of the spec: names, field paths, Go-style durations, decimals as strings, sizes. */
import { z } from 'zod';
import { withRules } from './rules.ts';

/** Where a generated page finds what a pattern means. */
export const allowedKey = 'x-likeness-allowed';

/** A string that must match a pattern; `allowed` is what a person is told when it does not. */
export function patterned(maxLength: number, pattern: RegExp, allowed: string) {
  const refusal = { error: allowed, abort: true };
  return z
    .string(allowed)
    .max(maxLength, refusal)
    .regex(pattern, refusal)
    .meta({ [allowedKey]: allowed });
}

export const name = patterned(
  63,
  /^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/,
  'a name: a letter, then letters, digits and "-", at most 63 characters',
);

/** Names of features, which become attributes: without "-", so that an expression can select them. */
export const attributeName = patterned(
  63,
  /^[a-zA-Z][a-zA-Z0-9]*$/,
  'an attribute name: a letter, then letters and digits, at most 63 characters',
);

interface Bounds {
  readonly pattern: RegExp;
  readonly such: string;
  readonly least: string;
  readonly most: string;
}

function durationWithin({ pattern, such, least, most }: Bounds) {
  return withRules(patterned(32, pattern, such), [
    {
      rule: `duration(self) >= duration('${least}') && duration(self) <= duration('${most}')`,
      message: `a duration from ${least} to ${most}`,
      violations: (text) => (durationMs(text) < durationMs(least) || durationMs(text) > durationMs(most) ? [[]] : []),
    },
  ]);
}

export const durationSchema = durationWithin({
  pattern: /^([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h))+$/,
  such: 'a duration such as 90s, 15m or 168h',
  least: '1ms',
  most: '876000h',
});

/** Windows and panes: whole seconds, so that slices meet without rest. */
export const wholeSeconds = durationWithin({
  pattern: /^([0-9]{1,9}(s|m|h))+$/,
  such: 'a duration in whole seconds such as 90s, 15m or 168h',
  least: '1s',
  most: '876000h',
});

/** Interest is kept by day, for ten half-lives. */
export const halfLife = durationWithin({
  pattern: /^([0-9]{1,9}(s|m|h))+$/,
  such: 'a duration in whole seconds such as 24h or 168h',
  least: '24h',
  most: '2160h',
});

const decimalText = 'a decimal number in quotes, such as "0.8"';

/** A decimal as a string, with both bounds allowed. */
export function decimal(least: number, most: number) {
  const pattern = least < 0 ? /^-?[0-9]+(\.[0-9]+)?$/ : /^[0-9]+(\.[0-9]+)?$/;
  return withRules(patterned(24, pattern, decimalText), [
    {
      rule: `double(self) >= ${celDouble(least)} && double(self) <= ${celDouble(most)}`,
      message: `a decimal number in quotes, from "${least}" to "${most}"`,
      violations: (text) => (Number(text) < least || Number(text) > most ? [[]] : []),
    },
  ]);
}

const celDouble = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

/** A size as Kubernetes writes it. */
export const size = patterned(20, /^[1-9][0-9]{0,8}(Mi|Gi|Ti)$/, 'a size such as 512Mi or 5Gi');

/** Where a value lies in an event. */
export const fieldPath = patterned(
  128,
  /^(value|quantity|text|time|type|itemId|item\.(category|brand|title|price|available)|(properties|context)(\.[a-zA-Z0-9_-]+)+)$/,
  'a field of the event: value, quantity, text, time, type, itemId, item.category, item.brand, item.title, item.price, item.available, properties.… or context.…',
);

/** The fields that can hold a number of the sender's. */
export const ownNumberPath = patterned(
  128,
  /^(value|quantity|item\.price|(properties|context)(\.[a-zA-Z0-9_-]+)+)$/,
  'a field that holds a number: value, quantity, item.price, properties.… or context.…',
);

/** The fields that can hold a number. */
export const numberPath = patterned(
  128,
  /^(value|quantity|item\.price|(properties|context)(\.[a-zA-Z0-9_-]+)+|scaled\.[a-zA-Z][-a-zA-Z0-9]*)$/,
  'a field that holds a number: value, quantity, item.price, properties.…, context.… or scaled.…',
);

/** A field that is the sender's own. */
export const propertyPath = patterned(
  128,
  /^(properties|context)(\.[a-zA-Z0-9_-]+)+$/,
  'a field of its own: properties.… or context.…',
);

/** The fields that can hold a name: what distinct counts and interest weighs. */
export const labelPath = patterned(
  128,
  /^(type|text|itemId|item\.(category|brand|title)|(properties|context)(\.[a-zA-Z0-9_-]+)+)$/,
  'a field that holds a name: type, text, itemId, item.category, item.brand, item.title, properties.… or context.…',
);

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A whole number, with both bounds allowed. */
export function whole(least: number, most: number) {
  const allowed = `a whole number from ${least} to ${most}`;
  return z.int(allowed).min(least, allowed).max(most, allowed);
}

/** Milliseconds of a duration that durationSchema accepts. */
export function durationMs(duration: string): number {
  let total = 0;
  for (const [, amount, unit] of duration.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/g))
    total += Number(amount) * unitMs[unit!]!;
  return Math.round(total);
}
