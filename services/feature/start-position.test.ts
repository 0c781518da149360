/** Where to read first, and every reason to stop instead. */
import { describe, expect, test } from 'vitest';
import { recreation, startPosition, type Found } from './start-position.ts';

const watermark = { offset: 50, timestamp: 1000, definition: 'd1' };
const found = (more: Partial<Found> = {}): Found => ({
  topic: 'clean',
  partition: 3,
  watermark,
  low: 0,
  high: 100,
  hasProfiles: false,
  definition: 'd1',
  ...more,
});

describe('goes on', () => {
  test.each<[string, Partial<Found>, number]>([
    ['behind the watermark', {}, 51],
    ['at the end of the log', { high: 51 }, 51],
    ['at the start of the log, where the record of the watermark is just gone', { low: 51 }, 51],
    ['at 0 on the first start', { watermark: undefined }, 0],
  ])('%s', (_, more, offset) => expect(startPosition(found(more))).toBe(offset));
});

describe('stops with', () => {
  test.each<[string, Partial<Found>]>([
    ['LogAheadOfTopic', { high: 50 }],
    ['LogGap', { low: 52 }],
    ['LogGap', { watermark: undefined, low: 1 }],
    ['WatermarkMissing', { watermark: undefined, hasProfiles: true }],
    ['DefinitionChanged', { definition: 'd2' }],
  ])('%s: %o', (code, more) => {
    const message = expect.stringMatching(/partition 3.*likeness up SPEC --from-log-start/is);
    expect(() => startPosition(found(more))).toThrow(expect.objectContaining({ code, message, retryable: false }));
  });
});

test.each([1001, undefined])('a record at the watermark from %s is another log', (timestamp) => {
  const message = expect.stringMatching(/partition 3.*likeness up SPEC --from-log-start/is);
  expect(recreation(found(), watermark, timestamp)).toMatchObject({ code: 'LogRecreated', message, retryable: false });
  expect(recreation(found(), watermark, 1000)).toBeUndefined();
});
