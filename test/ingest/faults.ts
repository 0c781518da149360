/** What may be wrong with one canonical event: each fault gives the event's text. */
import type { Random } from '../chaos/random.ts';

export const nest = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const withProperties = (event: object, text: string): string =>
  `${JSON.stringify(event).slice(0, -1)},"properties":${text}}`;
const anything = [
  'null',
  '0',
  '""',
  '"x"',
  '[]',
  '{}',
  'true',
  '-1e999',
  '1e-999',
  '9'.repeat(30),
  '"\\ud800"',
  '"\\u0000"',
];

export const faults: readonly ((random: Random, event: Record<string, unknown>) => string)[] = [
  (random) => random.pick(anything),
  (random, event) => withProperties({ ...event, properties: undefined }, nest(random.between(10, 20))),
  (_random, event) => withProperties({ ...event, properties: undefined }, nest(5000)),
  (random, event) =>
    withProperties(
      event,
      `{"a":[{"${random.pick(['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])}":{"userId":"x"}}]}`,
    ),
  (random, event) =>
    withProperties(
      event,
      `{${Array.from({ length: random.between(480, 520) }, (_, index) => `"k${index}":1`).join(',')}}`,
    ),
  (random, event) => JSON.stringify({ ...event, text: 'x'.repeat(random.between(32_000, 33_500)) }),
  (random, event) => {
    const key = random.pick([
      'id',
      'type',
      'time',
      'userId',
      'anonymousId',
      'item',
      'context',
      'ingestedAt',
      'receivedAt',
    ]);
    return withProperties({ ...event, [key]: undefined }, '{}').replace('{', `{"${key}":${random.pick(anything)},`);
  },
  (random, event) =>
    JSON.stringify({
      ...event,
      time: random.pick([
        'yesterday',
        '2024-02-30T00:00:00Z',
        '2024-01-01',
        '1e9',
        '+99999-01-01T00:00:00Z',
        '2024-05-01T12:00:00+02:00',
      ]),
    }),
  (_random, event) => JSON.stringify(event).replace('"type"', '"type":"view","type"'),
];
