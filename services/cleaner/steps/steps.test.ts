import { describe, expect, it } from 'vitest';
import { cleanerSlice, type CleanerSlice } from '../../../crds/slices.ts';
import { createCatalogue } from '../../shared/catalogue.ts';
import { LikenessError } from '../../shared/errors.ts';
import type { Draft, Step } from '../step.ts';
import { createBotsStep } from './bots.ts';
import { createEventTypeStep } from './event-type.ts';
import { createItemStep } from './item.ts';
import { createParseStep } from './parse.ts';
import { createRequiredStep } from './required.ts';
import { createRulesStep } from './rules.ts';
import { createTextStep } from './text.ts';
import { createTimesStep } from './times.ts';
import { createUnitsStep } from './units.ts';
import { createValuesStep } from './values.ts';

const event = (more: Partial<Draft> = {}): Draft => ({
  id: 'e-1',
  type: 'view',
  userId: 'u-1',
  time: '2024-02-01T12:00:00.000Z',
  ingestedAt: '2024-02-01T12:00:00.000Z',
  receivedAt: '2024-02-01T12:00:00.000Z',
  ...more,
});
const without = (field: keyof Draft): unknown =>
  Object.fromEntries(Object.entries(event()).filter(([key]) => key !== field));
const spec = (input: object): CleanerSlice => cleanerSlice.parse(input);
const cleaning = (input: object): CleanerSlice['cleaning'] => spec({ cleaning: input }).cleaning;
const catalogue = createCatalogue();
const outcome = (step: Step, sent: Draft): string => {
  const result = step(sent, { catalogue });
  return result.kind === 'ok' ? 'ok' : `${result.kind} ${result.reason}`;
};
const kept = (step: Step, sent: Draft): Draft => {
  const result = step(sent, { catalogue });
  if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
  return result.value;
};

describe('parse', () => {
  const parse = createParseStep();
  it.each<[string, string, string]>([
    ['an event', JSON.stringify(event()), 'ok'],
    ['an anonymous one', JSON.stringify(event({ userId: null, anonymousId: 'a' })), 'ok'],
    ['no JSON', '{"id":', 'Malformed'],
    ['an empty line', '', 'Malformed'],
    ['a line beyond any limit', JSON.stringify(event({ text: 'x'.repeat(300_000) })), 'Malformed'],
    ['a list', '[]', 'SchemaViolation'],
    ['null', 'null', 'SchemaViolation'],
    ['no id', JSON.stringify(without('id')), 'SchemaViolation'],
    ['no type', JSON.stringify(without('type')), 'SchemaViolation'],
    ['no profile', JSON.stringify(without('userId')), 'SchemaViolation'],
    ['an empty profile', JSON.stringify(event({ userId: '' })), 'SchemaViolation'],
    ['no receipt', JSON.stringify(without('receivedAt')), 'SchemaViolation'],
    ['a number as text', JSON.stringify({ ...event(), value: '9.95' }), 'SchemaViolation'],
    ['a time of another form', JSON.stringify(event({ time: '2024-02-01T12:00:00+01:00' })), 'SchemaViolation'],
    ['a field that only the cleaner writes', JSON.stringify({ ...event(), profile: 'u-2' }), 'SchemaViolation'],
    ['an unknown item attribute', JSON.stringify({ ...event(), item: { colour: 'red' } }), 'SchemaViolation'],
  ])('%s', (_, line, expected) => {
    const result = parse(line);
    expect(result.kind === 'deadLetter' ? result.reason : result.kind).toBe(expected);
  });

  it('says what is wrong and where', () => {
    expect(parse(JSON.stringify({ ...event(), colour: 'red' }))).toMatchObject({
      detail: expect.stringMatching(/colour/),
    });
    expect(parse(JSON.stringify({ ...event(), value: 'x' }))).toMatchObject({
      detail: expect.stringMatching(/^\/value /),
    });
  });
});

describe('event type', () => {
  const step = createEventTypeStep(spec({ events: [{ name: 'view' }], identity: { mergeOn: ['alias'] } }));
  it.each([
    ['view', 'ok'],
    ['alias', 'ok'],
    ['identify', 'deadLetter UnknownEventType'],
    ['View', 'deadLetter UnknownEventType'],
    ['__proto__', 'deadLetter UnknownEventType'],
  ])('%s → %s', (type, expected) => expect(outcome(step, event({ type }))).toBe(expected));
});

describe('required fields', () => {
  const step = createRequiredStep(
    spec({
      events: [{ name: 'view', required: ['itemId', 'item.category', 'properties.page.path'] }, { name: 'cart' }],
    }),
  );
  const whole = { itemId: 'i', item: { category: 'mugs' }, properties: { page: { path: '/' } } };
  it.each<[string, Partial<Draft>, string]>([
    ['all there', whole, 'ok'],
    ['another type', { type: 'cart' }, 'ok'],
    ['one absent', { ...whole, item: {} }, 'deadLetter MissingField'],
    ['one null', { ...whole, itemId: null }, 'deadLetter MissingField'],
    ['one empty', { ...whole, itemId: '' }, 'deadLetter MissingField'],
    ['a path through text', { ...whole, properties: { page: '/' } }, 'deadLetter MissingField'],
    ['a path through a prototype', { ...whole, properties: {} }, 'deadLetter MissingField'],
    ['an alias with both ends', { type: 'alias', previousId: 'u-0' }, 'ok'],
    ['an alias that leads from nowhere', { type: 'alias' }, 'deadLetter MissingField'],
    [
      'an alias to nobody known',
      { type: 'alias', userId: null, anonymousId: 'a', previousId: 'p' },
      'deadLetter MissingField',
    ],
  ])('%s', (_, more, expected) => expect(outcome(step, event(more))).toBe(expected));
  it('zero is a value', () => {
    const value = createRequiredStep(spec({ events: [{ name: 'view', required: ['value'] }] }));
    expect(outcome(value, event({ value: 0 }))).toBe('ok');
  });
});

describe('times', () => {
  const step = createTimesStep(cleaning({ late: { grace: '1h' } }));
  const noon = '2024-02-01T12:00:00.000Z';
  it.each<[string, Partial<Draft>, string]>([
    ['now', {}, 'ok'],
    ['5 minutes ahead', { time: '2024-02-01T12:05:00.000Z' }, 'ok'],
    ['a millisecond more', { time: '2024-02-01T12:05:00.001Z' }, 'deadLetter FutureTime'],
    [
      'ahead by an import',
      { time: '2099-01-01T00:00:00.000Z', receivedAt: '2099-01-01T00:00:00.000Z' },
      'deadLetter FutureTime',
    ],
    ['late by the grace', { time: '2024-02-01T11:00:00.000Z' }, 'ok'],
    ['a millisecond later', { time: '2024-02-01T10:59:59.999Z' }, 'deadLetter TooLate'],
    ['years late by an import', { time: '2011-01-01T00:00:00.000Z', receivedAt: '2011-01-01T00:00:00.000Z' }, 'ok'],
    ['no such month', { time: '2024-13-01T00:00:00.000Z' }, 'deadLetter SchemaViolation'],
    ['no such day', { time: '2023-02-29T12:00:00.000Z', receivedAt: noon }, 'deadLetter SchemaViolation'],
    [
      'a leap day',
      {
        time: '2024-02-29T12:00:00.000Z',
        ingestedAt: '2024-02-29T12:00:00.000Z',
        receivedAt: '2024-02-29T12:00:00.000Z',
      },
      'ok',
    ],
    ['no such receipt', { receivedAt: '2024-02-31T00:00:00.000Z' }, 'deadLetter SchemaViolation'],
  ])('%s', (_, more, expected) => expect(outcome(step, event(more))).toBe(expected));
});

describe('values', () => {
  it.each<[Partial<Draft>, string]>([
    [{ value: 1e9, quantity: -1e9, item: { price: 1e9 } }, 'ok'],
    [{ value: null, quantity: null, item: null }, 'ok'],
    [{ value: 1e9 + 1 }, 'deadLetter ValueOutOfRange'],
    [{ value: -Infinity }, 'deadLetter ValueOutOfRange'],
    [{ value: NaN }, 'deadLetter ValueOutOfRange'],
    [{ quantity: 2e9 }, 'deadLetter ValueOutOfRange'],
    [{ item: { price: 2e9 } }, 'deadLetter ValueOutOfRange'],
  ])('%o → %s', (more, expected) => expect(outcome(createValuesStep(), event(more))).toBe(expected));
});

describe('bots', () => {
  const step = createBotsStep(cleaning({}));
  const crawler = event({
    context: { userAgent: 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)' },
  });
  it.each<[string, Draft, string]>([
    ['no user agent', event(), 'ok'],
    ['an empty one', event({ context: { userAgent: '' } }), 'ok'],
    ['a number', event({ context: { userAgent: 7 } }), 'ok'],
    [
      'a browser',
      event({
        context: { userAgent: 'Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 Chrome/41.0.2228.0 Safari/537.36' },
      }),
      'ok',
    ],
    ['a crawler', crawler, 'deadLetter Bot'],
    ['a crawler again', crawler, 'deadLetter Bot'],
  ])('%s', (_, sent, expected) => expect(outcome(step, sent)).toBe(expected));
  it('lets everyone in if the spec says None', () => {
    expect(outcome(createBotsStep(cleaning({ bots: { userAgents: 'None' } })), crawler)).toBe('ok');
  });
});

describe('rules', () => {
  const rules = (when: string, action = 'DeadLetter') =>
    createRulesStep(cleaning({ rules: [{ name: 'odd', when, action }] }));
  const ip = "event.properties.ip.startsWith('10.')";
  it.each<[string, string, Partial<Draft>, string]>([
    ['a match', ip, { properties: { ip: '10.1.1.1' } }, 'deadLetter RuleMatched'],
    ['no match', ip, { properties: { ip: '11.1.1.1' } }, 'ok'],
    ['a field that the event lacks', ip, { properties: {} }, 'ok'],
    ['properties that the event lacks', ip, {}, 'ok'],
    ['a null field', "event.text.contains('x')", { text: null }, 'ok'],
    ['has() of a null field', 'has(event.text)', { text: null }, 'ok'],
    [
      'a missing field beside a match',
      "event.text == 'x' || event.value > 3.0",
      { value: 4 },
      'deadLetter RuleMatched',
    ],
    ['an integer against a double', 'event.value > 3', { value: 4 }, 'deadLetter RuleMatched'],
    ['text expected, a number given', ip, { properties: { ip: 7 } }, 'deadLetter RuleFailed'],
    ['neither true nor false', 'event.value', { value: 4 }, 'deadLetter RuleFailed'],
  ])('%s', (_, when, more, expected) => expect(outcome(rules(when), event(more))).toBe(expected));

  it('Drop names the rule', () => expect(outcome(rules('true', 'Drop'), event())).toBe('drop odd'));
  it('tags add up, in order, and the first refusal decides', () => {
    const tag = (name: string) => ({ name, when: "event.type == 'view'", action: 'Tag' });
    const step = createRulesStep(cleaning({ rules: [tag('a'), tag('b')] }));
    expect(kept(step, event())).toEqual({ ...event(), tags: ['a', 'b'] });
    const last = { name: 'c', when: 'true', action: 'Drop' };
    const both = createRulesStep(cleaning({ rules: [tag('a'), last, { ...last, name: 'd' }] }));
    expect(outcome(both, event())).toBe('drop c');
  });
  it.each([['a +'], ['evnt.value > 2.0'], ['foo(event.type)']])('refuses %s at the start', (when) => {
    expect(() => rules(when)).toThrow(LikenessError);
    expect(() => rules(when)).toThrow(/rules\[odd\]\.when/);
  });
});

describe('units', () => {
  const price = {
    name: 'price',
    field: 'value',
    unit: 'EUR',
    unitField: 'properties.currency',
    factors: [{ unit: 'USD', factor: '0.9' }],
  };
  const step = createUnitsStep(cleaning({ normalise: [price, { ...price, name: 'item', field: 'item.price' }] }));
  it.each<[string, Partial<Draft>, Partial<Draft>]>([
    ['converts', { value: 10.1, properties: { currency: 'USD' } }, { value: 9.09, properties: { currency: 'EUR' } }],
    [
      'leaves its own unit',
      { value: 10, properties: { currency: 'EUR' } },
      { value: 10, properties: { currency: 'EUR' } },
    ],
    ['takes no unit for its own', { value: 10 }, { value: 10 }],
    ['has nothing to convert', { properties: { currency: 'XXX' } }, { properties: { currency: 'XXX' } }],
    [
      'reads a shared unit once',
      { value: 10, item: { price: 20 }, properties: { currency: 'USD', a: 1 } },
      { value: 9, item: { price: 18 }, properties: { currency: 'EUR', a: 1 } },
    ],
  ])('%s', (_, sent, clean) => expect(kept(step, event(sent))).toEqual(event(clean)));
  it.each<[Partial<Draft>, string]>([
    [{ value: 10, properties: { currency: 'XXX' } }, 'deadLetter UnknownUnit'],
    [{ value: 10, properties: { currency: 7 } }, 'deadLetter UnknownUnit'],
    [{ value: 10, properties: { currency: 'constructor' } }, 'deadLetter UnknownUnit'],
  ])('%o → %s', (more, expected) => expect(outcome(step, event(more))).toBe(expected));
  it('keeps the bound of a value', () => {
    const pence = createUnitsStep(cleaning({ normalise: [{ ...price, factors: [{ unit: 'K', factor: '1000' }] }] }));
    expect(outcome(pence, event({ value: 1e8, properties: { currency: 'K' } }))).toBe('deadLetter ValueOutOfRange');
  });
});

describe('text', () => {
  const text = (operations: string[]) =>
    createTextStep(cleaning({ normalise: [{ name: 't', field: 'text', text: operations }] }));
  it.each<[string[], string, string]>([
    [['Trim'], '  A b \n', 'A b'],
    [['Lowercase'], 'ÄB', 'äb'],
    [['NFKC'], 'ﬁ①', 'fi1'],
    [['CollapseSpaces'], ' a \t\n b ', ' a b '],
    [['Trim', 'Lowercase', 'NFKC', 'CollapseSpaces'], ' Ａ  B ', 'ａ b'.normalize('NFKC')],
  ])('%o %j → %j', (operations, sent, clean) => expect(kept(text(operations), event({ text: sent })).text).toBe(clean));
  it('leaves alone what is clean, or no text', () => {
    for (const sent of [event({ text: 'a' }), event({ text: null }), event()])
      expect(kept(text(['Trim']), sent)).toBe(sent);
  });
});

describe('item', () => {
  const step = createItemStep();
  catalogue.offer({ itemId: 'mug', time: '2011-12-01T00:00:00.000Z', id: 'e', item: { category: 'mugs', brand: 'B' } });
  it('stamps in what the catalogue knows, with its version', () => {
    expect(kept(step, event({ itemId: 'mug', item: null }))).toEqual(
      event({ itemId: 'mug', item: { category: 'mugs', brand: 'B' }, itemVersion: '2011-12-01T00:00:00.000Z' }),
    );
  });
  it.each<[string, Partial<Draft>]>([
    ['an event of its own item', { itemId: 'mug', item: { category: 'cups' } }],
    ['an unknown item', { itemId: 'cup' }],
    ['no item', {}],
  ])('leaves %s', (_, more) => {
    const sent = event(more);
    expect(kept(step, sent)).toBe(sent);
  });
});
