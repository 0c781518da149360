/** What is framed, and what cannot be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameEvent, type Framed, type Stamp } from './frame-event.ts';
import { isRefusal } from './refusal.ts';

const stamp: Stamp = { ingestedAt: '2024-06-01T00:00:00.000Z', imported: false, newId: () => 'assigned' };
const event = { id: 'e1', type: 'view', time: '2024-05-01T12:00:00+02:00', userId: 'u1' };

/** As if it had come over the wire. */
const frame = (text: string, under = stamp) => frameEvent(JSON.parse(text), under);
const framed = (value: unknown, under = stamp): Record<string, unknown> => {
  const result = frame(JSON.stringify(value), under);
  if (isRefusal(result)) throw new Error(result.code);
  return JSON.parse(result.line) as Record<string, unknown>;
};
const codeOf = (text: string) => {
  const result = frame(text);
  return isRefusal(result) ? result.code : undefined;
};
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
const withProperties = (properties: unknown) => JSON.stringify({ ...event, properties });

describe('frameEvent', () => {
  it('stamps when the event came in, and brings its time to UTC', () => {
    expect(framed(event)).toEqual({
      ...event,
      time: '2024-05-01T10:00:00.000Z',
      ingestedAt: '2024-06-01T00:00:00.000Z',
      receivedAt: '2024-06-01T00:00:00.000Z',
    });
  });

  it('takes an import as received at its own time, which the sender can say in no other way', () => {
    const lie = { ...event, ingestedAt: '2001-01-01T00:00:00.000Z', receivedAt: '2001-01-01T00:00:00.000Z' };
    expect(framed(lie)).toMatchObject({ ingestedAt: stamp.ingestedAt, receivedAt: stamp.ingestedAt });
    const imported = framed(lie, { ...stamp, imported: true });
    expect(imported).toMatchObject({ ingestedAt: stamp.ingestedAt, receivedAt: '2024-05-01T10:00:00.000Z' });
  });

  it('gives an id where there is none, and leaves what the cleaner decides', () => {
    for (const id of [undefined, null, '']) expect(framed({ ...event, id })['id']).toBe('assigned');
    const odd = { ...event, type: 'nobody knows this', time: '2099-01-01T00:00:00.000Z', value: 'x', extra: [1] };
    expect(framed(odd)).toMatchObject(odd);
  });

  it('knows the profile by the user, else by the visitor', () => {
    const profileOf = (ids: object) => (frame(JSON.stringify({ ...event, userId: null, ...ids })) as Framed).profileId;
    expect(profileOf({ userId: 'u', anonymousId: 'a' })).toBe('u');
    expect(profileOf({ userId: '', anonymousId: 'a' })).toBe('a');
    expect(profileOf({ anonymousId: 'a' })).toBe('a');
  });

  it.each([
    ['NotAnObject', '[]'],
    ['NotAnObject', 'null'],
    ['NotAnObject', '"event"'],
    ['NoType', JSON.stringify({ ...event, type: undefined })],
    ['NoType', JSON.stringify({ ...event, type: 7 })],
    ['NoType', JSON.stringify({ ...event, type: '' })],
    ['NoProfileId', JSON.stringify({ ...event, userId: undefined })],
    ['NoProfileId', JSON.stringify({ ...event, userId: 7 })],
    ['NoProfileId', JSON.stringify({ ...event, userId: '', anonymousId: '' })],
    ['NoProfileId', JSON.stringify({ ...event, anonymousId: {} })],
    ['NoTime', JSON.stringify({ ...event, time: undefined })],
    ['NoTime', JSON.stringify({ ...event, time: 1714564800000 })],
    ['ForbiddenKey', '{"__proto__":{"userId":"u"}}'],
    ['ForbiddenKey', withProperties({ a: [{ constructor: 1 }] })],
    ['ForbiddenKey', `{"properties":{"\\u005f_proto__":1}}`],
    ['ForbiddenKey', withProperties({ prototype: null })],
    ['TooDeep', withProperties({ a: nested(15) })],
    ['TooDeep', `{"properties":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['TooManyKeys', withProperties(Object.fromEntries(Array.from({ length: 508 }, (_, index) => [`k${index}`, 1])))],
    ['BadNumber', JSON.stringify(event).replace('"u1"', '"u1","value":1e999')],
    ['BadNumber', '{"properties":{"a":[-1e999]}}'],
    ['EventTooLarge', withProperties({ text: 'x'.repeat(33_000) })],
    ['EventTooLarge', withProperties({ text: '語'.repeat(11_000) })],
  ])('refuses %s', (code, text) => expect(codeOf(text)).toBe(code));

  it('takes what is just within the limits', () => {
    expect(codeOf(withProperties({ a: nested(14) }))).toBeUndefined();
    expect(
      codeOf(withProperties(Object.fromEntries(Array.from({ length: 507 }, (_, index) => [`k${index}`, 1])))),
    ).toBeUndefined();
    const filled = withProperties({ text: '' });
    const canonical = Buffer.byteLength(filled) - '+02:00'.length + '.000Z'.length;
    expect(codeOf(withProperties({ text: 'x'.repeat(32 * 1024 - canonical) }))).toBeUndefined();
    expect(codeOf(withProperties({ text: 'x'.repeat(32 * 1024 - canonical + 1) }))).toBe('EventTooLarge');
  });

  describe('of a line of its own', () => {
    const lineOf = (text: string, under = stamp) => {
      const result = frameEvent(JSON.parse(text), under, text);
      return isRefusal(result) ? result.code : result.line;
    };
    const canonical = { ...event, time: '2024-05-01T10:00:00.000Z' };
    const stamps = `,"ingestedAt":"${stamp.ingestedAt}","receivedAt":"${stamp.ingestedAt}"}`;

    it('keeps the text, behind which the stamps go', () => {
      const text = `{ "id":"e1", "type":"view","time":"${canonical.time}","userId":"u1","value":1.50,"text":"\\u00fc}" `;
      expect(lineOf(`${text}} \r`)).toBe(text + stamps);
      const imported = lineOf(`${text}}`, { ...stamp, imported: true });
      expect(JSON.parse(imported)).toMatchObject({ text: 'ü}', receivedAt: canonical.time });
    });

    it.each([
      ['a time of another form', event, canonical],
      ['no id', { ...canonical, id: undefined }, { ...canonical, id: 'assigned' }],
      ['an empty id', { ...canonical, id: '' }, { ...canonical, id: 'assigned' }],
      ['a stamp of its own', { ...canonical, ingestedAt: '2001' }, canonical],
      ['a receipt of its own', { ...canonical, receivedAt: '2001' }, canonical],
    ])('prints it anew for %s', (_, sent, stored) => {
      const line = lineOf(JSON.stringify(sent));
      expect(JSON.parse(line)).toEqual({ ...stored, ingestedAt: stamp.ingestedAt, receivedAt: stamp.ingestedAt });
      expect(line.split('ingestedAt')).toHaveLength(2);
      expect(line.split('receivedAt')).toHaveLength(2);
    });

    it('judges its size in the canonical form', () => {
      const text = JSON.stringify(canonical);
      const wide = `${text.slice(0, -1)}${' '.repeat(40_000)}}`;
      expect(lineOf(wide)).toBe(text.slice(0, -1) + stamps);
      expect(lineOf(JSON.stringify({ ...canonical, text: 'x'.repeat(33_000) }))).toBe('EventTooLarge');
    });

    it('says the same of any event as if it were printed', () => {
      const field = fc.oneof(fc.jsonValue({ maxDepth: 4 }), fc.string({ unit: 'binary' }));
      fc.assert(
        fc.property(field, fc.constantFrom('', ' ', 4, '\t'), (properties, space) => {
          const text = JSON.stringify({ ...canonical, properties }, undefined, space).replaceAll('\n', ' ');
          const printed = frame(text);
          const kept = lineOf(text);
          if (isRefusal(printed)) expect(kept).toBe(printed.code);
          else expect(JSON.parse(kept)).toEqual(JSON.parse(printed.line));
        }),
      );
    });
  });

  it('makes one line of any JSON, equal to what came but for the stamps', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.string(), (anything, userId) => {
        const result = frame(JSON.stringify({ ...event, userId: `u${userId}`, anything }));
        if (isRefusal(result)) {
          expect(['ForbiddenKey', 'TooManyKeys', 'TooDeep']).toContain(result.code);
          return;
        }
        expect(result.line).not.toContain('\n');
        const { anything: read } = JSON.parse(result.line) as { anything: unknown };
        expect(read).toEqual(JSON.parse(JSON.stringify(anything)));
      }),
    );
  });
});
