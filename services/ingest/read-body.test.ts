/** Bodies: one JSON document or JSON Lines. */
import { describe, expect, it } from 'vitest';
import { limits } from './limits.ts';
import { type Entry, readDocument, readEntries } from './read-body.ts';
import type { Refusal } from './refusal.ts';

const read = (text: string | Buffer, contentType?: string) => readEntries(Buffer.from(text), contentType);
const values = (entries: Entry[] | Refusal) =>
  Array.isArray(entries) ? entries.map((entry) => ('value' in entry ? entry.value : entry.refusal.code)) : entries.code;

describe('readEntries', () => {
  it('reads an object, a list, and lines whatever they are declared as', () => {
    expect(values(read('{"a":1}'))).toEqual([{ a: 1 }]);
    expect(values(read(' [1,{"a":2}]\n', 'application/json'))).toEqual([1, { a: 2 }]);
    expect(values(read('{"a":1}\r\n\n{"a":2}\n'))).toEqual([{ a: 1 }, { a: 2 }]);
    expect(values(read('{"a":1}\n{"a":2}', 'application/json'))).toEqual([{ a: 1 }, { a: 2 }]);
    expect(values(read('{"a":1}', 'application/x-ndjson; charset=utf-8'))).toEqual([{ a: 1 }]);
    expect(values(read('\ufeff{"a":1}'))).toEqual([{ a: 1 }]);
    expect(values(read('[]'))).toEqual([]);
  });

  it('lets a bad line spoil itself only', () => {
    expect(values(read('{"a":1}\n{"a":\n{"a":3}'))).toEqual([{ a: 1 }, 'NotJson', { a: 3 }]);
    expect(values(read('nonsense\n{"a":3}', 'application/x-ndjson'))).toEqual(['NotJson', { a: 3 }]);
  });

  it('takes nothing of a document that is cut off', () => {
    expect(values(read('[\n{"a":1},\n{"a":2}'))).toBe('NotJson');
    expect(values(read('{\n"a":1\n'))).toBe('NotJson');
  });

  it('refuses what is no JSON, no UTF-8, empty, or too many', () => {
    expect(values(read(''))).toBe('NotJson');
    expect(values(read(' \n'))).toBe('NotJson');
    expect(values(read('a=1&b=2'))).toBe('NotJson');
    expect(values(read(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])))).toBe('NotJson');
    const many = Array.from({ length: limits.batchEvents + 1 }, () => '{}');
    expect(values(read(`[${many.join(',')}]`))).toBe('BatchTooLarge');
    expect(values(read(many.join('\n')))).toBe('BatchTooLarge');
    expect(values(read(many.slice(1).join('\n')))).toHaveLength(limits.batchEvents);
  });
});

describe('a deep document', () => {
  const padding = ' '.repeat(70_000);

  it('is refused before it is parsed, where it is large', () => {
    const deep = '['.repeat(65) + ']'.repeat(65);
    expect(values(read(deep + padding))).toBe('TooDeep');
    expect(values(read('{"a":'.repeat(100_000)))).toBe('TooDeep');
    expect(values(read(deep))).toHaveLength(1);
  });

  it('is not seen where brackets close or lie in strings', () => {
    const flat = `[${Array.from({ length: 100 }, () => '[{"a":[1]}]').join(',')}]${padding}`;
    expect(values(read(flat))).toHaveLength(100);
    for (const text of ['"' + '['.repeat(100) + '"', '"\\"' + '['.repeat(100) + '"', '"\\\\", "x"'])
      expect(values(read(`[${text}]${padding}`))).not.toBe('TooDeep');
    expect(values(read(`["\\\\",${'['.repeat(100)}]${padding}`))).toBe('TooDeep');
  });
});

describe('readDocument', () => {
  it('reads one document and nothing else', () => {
    expect(readDocument(Buffer.from('{"batch":[]}'))).toEqual({ value: { batch: [] } });
    expect(readDocument(Buffer.from('{}\n{}'))).toMatchObject({ code: 'NotJson', status: 400 });
  });
});
