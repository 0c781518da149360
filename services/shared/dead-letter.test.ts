import { expect, it } from 'vitest';
import { encodeDeadLetter } from './dead-letter.ts';
import type { DeadLetter } from './event.ts';
import { maxBytesPerRecord } from './record.ts';

const letter = {
  reason: 'Poison',
  detail: 'it said "no"',
  source: 't-0-0-0',
  stage: 'feature',
  refusedAt: '2024-02-01T12:00:00.000Z',
} satisfies Omit<DeadLetter, 'event'>;

it.each<[string, string, string]>([
  ['JSON untouched', '{"b": 1.0,  "a":2}', '{"b": 1.0,  "a":2}'],
  ['anything else as text', '{"broken', '"{\\"broken"'],
  [
    'what no record can hold as the beginning of its text',
    `[${' '.repeat(maxBytesPerRecord)}]`,
    `"[${' '.repeat(65_535)}"`,
  ],
])('keeps %s', (_, line, kept) => {
  const text = encodeDeadLetter(letter, line);
  expect(text.endsWith(`,"event":${kept}}`)).toBe(true);
  expect(JSON.parse(text)).toEqual({ ...letter, event: JSON.parse(kept) as unknown });
});
