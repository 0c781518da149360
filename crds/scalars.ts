/** Scalars of the spec: Go-style durations, decimals as strings, names, field paths. */
import { z } from 'zod';

export const name = z
  .string()
  .max(63)
  .regex(/^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/, 'a letter, then letters, digits and "-"');

export const durationSchema = z
  .string()
  .max(32)
  .regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/, 'a duration such as 90s, 15m or 168h');

export const decimal = z
  .string()
  .max(24)
  .regex(/^[0-9]+(\.[0-9]+)?$/, 'a decimal number in quotes, such as "0.8"');

/** Where a value lies in an event: value, quantity, text, time, itemId, item.category, properties.currency, … */
export const fieldPath = z
  .string()
  .max(128)
  .regex(
    /^(value|quantity|text|time|type|itemId|item\.[a-z]+|(properties|context)(\.[a-zA-Z0-9_-]+)+)$/,
    'a field of the event',
  );

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration that durationSchema accepts. */
export function durationMs(duration: string): number {
  let total = 0;
  for (const [, amount, unit] of duration.matchAll(/([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/g))
    total += Number(amount) * unitMs[unit!]!;
  return Math.round(total);
}
