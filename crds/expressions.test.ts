/** Conditions: what is found wrong before any event, and what is let through. */
import { describe, expect, it } from 'vitest';
import { conditionError } from './expressions.ts';

describe('a condition', () => {
  it.each([
    "event.properties.ip.startsWith('10.')",
    "has(event.item.brand) && event.item.brand == 'x'",
    "event.type in ['view', 'cart'] || event['value'] > 3",
    "event.properties.exists(p, p == 'x')",
    "event.text.matches('^[a-z]+$') ? true : false",
    "timestamp(event.time) < timestamp('2020-01-01T00:00:00Z')",
    "type(event.value) == double && {'a': event.value}['a'] > 1.0",
    'size(event.text) > 10 && !(event.quantity < 0)',
    "event.context.anything.at.all == 'x'",
  ])('is fine: %s', (text) => {
    expect(conditionError(text)).toBeUndefined();
  });

  it.each([
    ['event.value >', /^a CEL expression: .*1:13/],
    ['evnt.value > 1', /there is no evnt$/],
    ['event.vlue > 1', /it has no vlue, only id, type/],
    ['has(event.item.colour)', /it has no colour, only category/],
    ["event.properties.exists(p, q == 'x')", /there is no q$/],
    ["[event.vlue].exists(v, v == 'x')", /it has no vlue/],
    ["{'a': event.vlue}['a'] > 1", /it has no vlue/],
    ['lower(event.text) == "x"', /there is no function lower$/],
    ['event.text.endswith("x")', /there is no function endswith$/],
    ['event.text.matches("(")', /RE2: .*missing closing/],
    ['event.value', /^an expression that is true or false$/],
    ['size(event.text)', /^an expression that is true or false$/],
    ["'drop'", /^an expression that is true or false$/],
  ])('is refused: %s', (text, expected) => {
    expect(conditionError(text)).toMatch(expected);
  });
});
