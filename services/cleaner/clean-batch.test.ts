import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanerSlice } from '../../crds/slices.ts';
import { createCatalogue } from '../shared/catalogue.ts';
import type { CleanEvent, DeadLetter } from '../shared/event.ts';
import { partitionOf } from '../shared/partition.ts';
import { unpackLines } from '../shared/record.ts';
import { createCatalogueFeed } from './catalogue-feed.ts';
import { createBatchCleaner, type CleanBatch } from './clean-batch.ts';

const now = Date.parse('2024-02-01T12:00:01.000Z');
const spec = cleanerSlice.parse({
  events: [{ name: 'view', required: ['itemId'] }, { name: 'purchase' }],
  cleaning: {
    normalise: [{ name: 't', field: 'text', text: ['Trim'] }],
    rules: [
      { name: 'internal', when: "event.properties.ip.startsWith('10.')", action: 'Drop' },
      { name: 'odd', when: 'event.quantity > 100.0', action: 'DeadLetter' },
      { name: 'big', when: 'event.value > 1000.0', action: 'Tag' },
    ],
  },
});
const sent = (more: object = {}): Record<string, unknown> => ({
  id: 'e-1',
  type: 'view',
  userId: 'u-1',
  itemId: 'mug',
  time: '2024-02-01T12:00:00.000Z',
  ingestedAt: '2024-02-01T12:00:00.000Z',
  receivedAt: '2024-02-01T12:00:00.000Z',
  ...more,
});

function createSubject(partitions = 4) {
  const catalogue = createCatalogue();
  const clean = createBatchCleaner(spec, { catalogue, feed: createCatalogueFeed(catalogue), partitions });
  const run = (...records: (string | null)[]): CleanBatch =>
    clean(
      {
        topic: 'raw',
        partition: 3,
        records: records.map((text, index) => ({
          offset: 10 * index,
          key: null,
          value: text === null ? null : Buffer.from(text),
          timestamp: 0,
        })),
      },
      now,
    );
  return { catalogue, run };
}

const eventsOf = ({ clean }: CleanBatch): CleanEvent[] =>
  clean.flatMap(({ value }) => unpackLines(value!).map((line) => JSON.parse(line) as CleanEvent));
const lettersOf = ({ dead }: CleanBatch): DeadLetter[] =>
  dead.map(({ value }) => JSON.parse(Buffer.from(value!).toString()) as DeadLetter);
const totalOf = ({ counts }: CleanBatch, result: string): number =>
  [...counts.values()].filter((entry) => entry.result === result).reduce((sum, { events }) => sum + events, 0);

describe('a clean event', () => {
  it('keeps the bytes that came in and gains its profile', () => {
    const { run } = createSubject();
    const line = `{ "id":"e-1", "type":"view","userId":"u \\"1\\"","itemId":"mug","value":1.50,"time":"2024-02-01T12:00:00.000Z","ingestedAt":"2024-02-01T12:00:00.000Z","receivedAt":"2024-02-01T12:00:00.000Z" } `;
    const [record] = run(line).clean;
    expect(Buffer.from(record!.value!).toString()).toBe(`${line.slice(0, -2)},"profile":"u \\"1\\""}`);
    expect(record!.partition).toBe(partitionOf('u "1"', 4));
  });

  it('is written anew where a step replaced a field', () => {
    const { run } = createSubject();
    expect(eventsOf(run(JSON.stringify(sent({ text: ' a ' }))))).toEqual([sent({ text: 'a', profile: 'u-1' })]);
  });

  it('gains the attributes of the catalogue and its tags', () => {
    const { run, catalogue } = createSubject();
    const time = '2011-01-01T00:00:00.000Z';
    catalogue.offer({ itemId: 'mug', time, id: 'x', item: { category: 'mugs' } });
    const stamped = { item: { category: 'mugs' }, itemVersion: time, tags: ['big'], profile: 'u-1' };
    expect(eventsOf(run(JSON.stringify(sent({ value: 2000 }))))).toEqual([sent({ value: 2000, ...stamped })]);
    expect(eventsOf(run(JSON.stringify(sent({ value: 2000, item: null }))))).toEqual([
      sent({ value: 2000, ...stamped }),
    ]);
  });

  it.each([
    ['an event', {}, ['u-1']],
    ['an anonymous one', { userId: null, anonymousId: 'a-1' }, ['a-1']],
    ['an identify', { type: 'identify', anonymousId: 'a-1' }, ['u-1', 'a-1']],
    ['an identify of oneself', { type: 'identify', anonymousId: 'u-1' }, ['u-1']],
    ['an identify without a device', { type: 'identify' }, ['u-1']],
    ['an identify without a user', { type: 'identify', userId: null, anonymousId: 'a-1' }, ['a-1']],
    ['an alias', { type: 'alias', previousId: 'u-0', anonymousId: 'a-1' }, ['u-1', 'u-0']],
    ['a view with a device', { anonymousId: 'a-1' }, ['u-1']],
  ])('%s goes to %o %o', (_, more, profiles) => {
    const { run } = createSubject();
    const made = run(JSON.stringify(sent(more)));
    const found = made.clean.flatMap(({ partition, value }) =>
      unpackLines(value!).map((line) => ({ partition, profile: (JSON.parse(line) as CleanEvent).profile })),
    );
    expect(found.toSorted((a, b) => profiles.indexOf(a.profile) - profiles.indexOf(b.profile))).toEqual(
      profiles.map((profile) => ({ partition: partitionOf(profile, 4), profile })),
    );
    expect(totalOf(made, 'ok')).toBe(1);
  });

  it('publishes an item once a batch, and again until the batch is settled', () => {
    const { run } = createSubject();
    const lines = ['a', 'b'].map((id) => JSON.stringify(sent({ id, item: { brand: id } })));
    const keysOf = ({ items }: CleanBatch) => items.map(({ key }) => key);
    expect(keysOf(run(lines.join('\n')))).toEqual(['mug']);
    const again = run(...lines);
    expect(keysOf(again)).toEqual(['mug']);
    again.settle();
    expect(keysOf(run(...lines))).toEqual([]);
  });

  it('keeps the order of a profile', () => {
    const { run } = createSubject();
    const ids = Array.from({ length: 1200 }, (_, index) => `e-${index}`);
    const [first, second] = [ids.slice(0, 700), ids.slice(700)].map((part) =>
      part.map((id) => JSON.stringify(sent({ id }))).join('\n'),
    );
    expect(eventsOf(run(first!, second!)).map(({ id }) => id)).toEqual(ids);
  });
});

describe('a dead letter', () => {
  it('holds what arrived, untouched, and where it lay', () => {
    const { run } = createSubject();
    const odd = JSON.stringify(sent({ id: 'e-2', quantity: 101, text: ' a ' }));
    const made = run('null', `${JSON.stringify(sent())}\n${odd}`);
    const common = { stage: 'cleaner', refusedAt: '2024-02-01T12:00:01.000Z' };
    expect(lettersOf(made)).toEqual([
      { ...common, reason: 'SchemaViolation', detail: '/ must be object', source: 'raw-3-0-0', event: null },
      { ...common, reason: 'RuleMatched', detail: 'odd', source: 'raw-3-10-1', event: JSON.parse(odd) },
    ]);
    expect(made.dead.map(({ key, partition }) => [key, partition])).toEqual([
      ['raw-3-0-0', 3],
      ['raw-3-10-1', 3],
    ]);
    expect(Buffer.from(made.dead[1]!.value!).toString()).toContain(odd);
    expect(eventsOf(made)).toHaveLength(1);
  });

  it('keeps what is no JSON as text, and a tombstone as null', () => {
    const { run } = createSubject();
    expect(lettersOf(run('{"a":', null)).map(({ reason, event }) => [reason, event])).toEqual([
      ['Malformed', '{"a":'],
      ['SchemaViolation', null],
    ]);
  });

  it('fits into a record whatever came in', () => {
    const { run } = createSubject();
    const [letter] = run('\u0001'.repeat(900_000)).dead;
    expect(letter!.value!.length).toBeLessThan(500_000);
  });
});

it('judges in the order of the steps, golden', () => {
  const { run } = createSubject();
  const everything = { type: 'x', itemId: null, time: '2030-01-01T00:00:00.000Z', value: 2e9, quantity: 101 };
  const bot = { context: { userAgent: 'Googlebot/2.1' } };
  const wrongs = [
    { ...everything, ...bot, id: '' },
    { ...everything, ...bot },
    { ...everything, ...bot, type: 'view' },
    { ...everything, ...bot, type: 'purchase' },
    { ...everything, ...bot, type: 'purchase', time: '2024-02-01T10:00:00.000Z' },
    { ...everything, ...bot, type: 'purchase', time: '2024-02-01T12:00:00.000Z' },
    { ...bot, quantity: 101 },
    { quantity: 101 },
    { quantity: 101, properties: { ip: '10.0.0.1' } },
  ];
  const made = run(...wrongs.map((wrong) => JSON.stringify(sent(wrong))));
  expect(lettersOf(made).map(({ reason }) => reason)).toEqual([
    'SchemaViolation',
    'UnknownEventType',
    'MissingField',
    'FutureTime',
    'TooLate',
    'ValueOutOfRange',
    'Bot',
    'RuleMatched',
  ]);
  expect([...made.counts.values()].find(({ result }) => result === 'drop')).toEqual({
    result: 'drop',
    reason: 'internal',
    events: 1,
  });
});

describe('every line comes out exactly once', () => {
  const anyEvent = fc
    .record(
      {
        id: fc.string(),
        type: fc.constantFrom('view', 'purchase', 'identify', 'alias', 'x'),
        userId: fc.option(fc.string()),
        anonymousId: fc.option(fc.string()),
        previousId: fc.option(fc.string()),
        itemId: fc.constantFrom('mug', null, ''),
        time: fc.oneof(fc.constant('2024-02-01T12:00:00.000Z'), fc.string()),
        value: fc.oneof(fc.double(), fc.constant(null)),
        quantity: fc.oneof(fc.integer(), fc.string()),
        text: fc.option(fc.string({ unit: 'grapheme' })),
        item: fc.oneof(fc.constant(null), fc.record({ category: fc.string() }), fc.jsonValue()),
        properties: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.record({ ip: fc.jsonValue() })),
        context: fc.record({ userAgent: fc.jsonValue() }),
        extra: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    .map((more) => JSON.stringify(sent(more)));
  const anyLine = fc
    .oneof(
      { weight: 6, arbitrary: anyEvent },
      { weight: 1, arbitrary: fc.json() },
      { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    )
    .map((line) => line.replaceAll('\n', ' '))
    .filter((line) => line !== '');

  it('as ok, dropped or dead', () => {
    const { run, catalogue } = createSubject();
    catalogue.offer({ itemId: 'mug', time: '2011-01-01T00:00:00.000Z', id: 'x', item: { category: 'mugs' } });
    fc.assert(
      fc.property(fc.array(fc.array(anyLine, { minLength: 1, maxLength: 5 }), { maxLength: 5 }), (records) => {
        const made = run(...records.map((lines) => lines.join('\n')));
        const total = records.flat().length;
        const [okay, dropped, dead] = ['ok', 'drop', 'deadLetter'].map((result) => totalOf(made, result));
        expect(okay! + dropped! + dead!).toBe(total);
        expect(new Set(made.dead.map(({ key }) => key)).size).toBe(dead);
        const letters = lettersOf(made);
        expect(letters).toHaveLength(dead!);
        for (const { reason } of letters) expect(reason).not.toBe('Poison');
        const clean = eventsOf(made);
        const links = clean.filter(({ type }) => type === 'identify' || type === 'alias').length;
        expect(clean.length).toBeGreaterThanOrEqual(okay!);
        expect(clean.length).toBeLessThanOrEqual(okay! + links);
        for (const event of clean) expect([event.userId, event.anonymousId, event.previousId]).toContain(event.profile);
      }),
      { numRuns: 200 },
    );
  });
});
