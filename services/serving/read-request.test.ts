import { describe, expect, it } from 'vitest';
import { readBody, readId, readQuery } from './read-request.ts';
import { profileQuery, recommendQuery, recommendRequest } from './schemas.ts';

const refusal = (message: RegExp) =>
  expect.objectContaining({ status: 400, code: 'BadRequest', message: expect.stringMatching(message) });

describe('readQuery', () => {
  it('fills in the defaults', () => {
    expect(readQuery(recommendQuery, '/v1/recommendations/u')).toEqual({ n: 10, exclude: [] });
    expect(readQuery(recommendQuery, '/v1/recommendations/u?')).toEqual({ n: 10, exclude: [] });
  });

  it('reads all parameters; only exclude may be repeated', () => {
    const url =
      '/v1/recommendations/u?n=5&exclude=a%2Cb&exclude=c&category=mugs+%26+cups&asOf=2011-12-09T12:50:00%2B01:00';
    expect(readQuery(recommendQuery, url)).toEqual({
      n: 5,
      exclude: ['a,b', 'c'],
      category: 'mugs & cups',
      asOf: '2011-12-09T12:50:00+01:00',
    });
    expect(readQuery(recommendQuery, '/?exclude=a').exclude).toEqual(['a']);
  });

  it.each([
    ['n=0', /n: /],
    ['n=201', /n: /],
    ['n=1.5', /n: /],
    ['n=many', /n: /],
    ['n=1&n=2', /n: /],
    ['category=', /category: /],
    ['category=a&category=b', /category: /],
    ['asOf=yesterday', /asOf: /],
    ['asOf=2011-02-30T00:00:00Z', /asOf: /],
    ['asOf=2011-02-03', /asOf: /],
    ['exclude=', /exclude\.0: /],
    ['exlude=a', /exlude/],
    ['__proto__=a', /__proto__/],
  ])('refuses %s and names it', (query, message) => {
    expect(() => readQuery(recommendQuery, `/?${query}`)).toThrow(refusal(message));
  });

  it('takes as many exclusions as it says', () => {
    const query = (count: number) => `/?${Array.from({ length: count }, (_, k) => `exclude=${k}`).join('&')}`;
    expect(readQuery(recommendQuery, query(1000)).exclude).toHaveLength(1000);
    expect(() => readQuery(recommendQuery, query(1001))).toThrow(refusal(/exclude/));
  });

  it('refuses what the operation does not have', () => {
    expect(() => readQuery(profileQuery, '/?n=1')).toThrow(refusal(/n/));
  });
});

describe('readBody', () => {
  it('fills in the defaults', () => {
    expect(readBody(recommendRequest, {})).toEqual({ events: [], n: 10, exclude: [] });
  });

  it.each([
    [null],
    [[]],
    ['text'],
    [{ n: '5' }],
    [{ events: [{ itemId: 'a' }] }],
    [{ events: [{ itemId: '', type: 'view' }] }],
    [{ events: Array.from({ length: 201 }, () => ({ itemId: 'a', type: 'view' })) }],
    [{ userId: 7 }],
    [JSON.parse('{"__proto__": {"n": 5}}')],
  ])('refuses %j', (body) => {
    expect(() => readBody(recommendRequest, body)).toThrow(refusal(/./));
  });
});

describe('readId', () => {
  it('takes 1 to 256 characters', () => {
    expect(readId('ü/1')).toBe('ü/1');
    expect(readId('x'.repeat(256))).toHaveLength(256);
    for (const id of ['', 'x'.repeat(257), undefined]) expect(() => readId(id)).toThrow(refusal(/256/));
  });
});
