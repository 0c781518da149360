import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { warnOfStrays } from './strays.ts';

it('names each but once', () => {
  const logger = pino({ level: 'silent' });
  const warn = vi.spyOn(logger, 'warn');
  const tell = warnOfStrays(logger);
  for (const name of ['a', 'b', 'a', 'a']) tell(name);
  expect(warn.mock.calls.map(([fields]) => fields)).toEqual([
    { code: 'BadData', name: 'a' },
    { code: 'BadData', name: 'b' },
  ]);
});
