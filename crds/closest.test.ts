/** "Did you mean". */
import { describe, expect, it } from 'vitest';
import { closest } from './closest.ts';

describe('closest', () => {
  it.each([
    ['veiw', ['cart', 'view'], 'view'],
    ['Window', ['pane', 'window'], 'window'],
    ['featurs', ['events', 'features'], 'features'],
    ['spend30', ['spend30d', 'spend90d'], 'spend30d'],
    ['gpu', ['minEvents', 'holdout'], undefined],
    ['buy', ['bug', 'purchase'], 'bug'],
    ['', ['a'], undefined],
    ['view', [], undefined],
  ])('%s of %j is %s', (given, names, expected) => {
    expect(closest(given, names)).toBe(expected);
  });
});
