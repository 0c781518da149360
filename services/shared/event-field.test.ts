import { expect, it } from 'vitest';
import { createField } from './event-field.ts';

it('reads own members alone, however deep, and nothing where the path ends early', () => {
  const field = createField('properties.a.b');
  expect(field.get({ properties: { a: { b: 7 } } })).toBe(7);
  for (const event of [
    {},
    { properties: null },
    { properties: { a: 5 } },
    { properties: Object.create({ a: { b: 1 } }) },
  ])
    expect(field.get(event as object)).toBeUndefined();
});

it('replaces in a copy, and makes what is missing of the path', () => {
  const event = { id: 'e', properties: { a: { c: 1 } } };
  expect(createField('properties.a.b').set(event, 2)).toEqual({ id: 'e', properties: { a: { c: 1, b: 2 } } });
  expect(createField('properties.a.b').set({ properties: null }, 2)).toEqual({ properties: { a: { b: 2 } } });
  expect(createField('value').set({ id: 'e' }, 2)).toEqual({ id: 'e', value: 2 });
  expect(event).toEqual({ id: 'e', properties: { a: { c: 1 } } });
});
