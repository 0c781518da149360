/** Errors in words. */
import { expect, it } from 'vitest';
import { describeError, LikenessError } from './errors.ts';

it('says the cause that a message hides', () => {
  const error = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') });
  expect(describeError(error)).toBe('fetch failed: connect ECONNREFUSED 127.0.0.1:1');
});

it('says a cause once that the message quotes', () => {
  const cause = new Error('getaddrinfo EAI_AGAIN kafka');
  const message = `Kafka failed at connecting to kafka:9092 (${cause.message}).`;
  expect(describeError(new LikenessError('BrokerUnavailable', message, { cause }))).toBe(message);
});

it('says errors without a cause, and what is none', () => {
  expect(describeError(new Error('why', { cause: new Error('') }))).toBe('why');
  expect(describeError(new Error('why', { cause: 'because' }))).toBe('why');
  expect(describeError({ code: 1 })).toBe('{"code":1}');
  expect(describeError(undefined)).toBe('nothing');
});
