import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxTime, minTime } from '../../profile/order.ts';
import { Bytes } from './bytes.ts';
import { History } from './history.ts';
import { compareSteps, type Step } from './steps.ts';

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const step: fc.Arbitrary<Step> = fc.record({
  time: fc.oneof(
    fc.constantFrom(minTime, maxTime, 0, 2 ** 37),
    fc.nat(100),
    fc.integer({ min: minTime, max: maxTime }),
  ),
  hi: fc.oneof(fc.nat(1), word),
  lo: word,
  member: fc.constantFrom(7, 7, 7, 2 ** 32 - 1),
  item: fc.oneof(fc.nat(20), fc.constant(2 ** 26 - 1)),
  target: fc.boolean(),
});

test('the newest steps are kept in order, and are the same after they were bytes, at any time', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), fc.integer({ min: 1, max: 12 }), (steps, capacity) => {
      const bytes = new Bytes(1);
      const history = new History(capacity);
      let wanted: Step[] = [];
      steps.forEach((one, at) => {
        history.insert(history.placeOf(one), one);
        history.items.add(one.item);
        // Sorting is stable: of equal ones the first comes first.
        wanted = [...wanted, one].toSorted(compareSteps).slice(-capacity);
        expect(history.steps()).toEqual(wanted);
        expect(history.isCut).toBe(at >= capacity);
        expect(history.newestTime).toBe(wanted.at(-1)!.time);
        expect(history.has(wanted[0]!)).toBe(true);
        if (at % 3 > 0) return;
        history.writeTo(bytes, 7);
        history.clear();
        history.readFrom(bytes, 7);
      });
      expect(history.items.values()).toEqual([...new Set(steps.map(({ item }) => item))].toSorted((a, b) => a - b));
    }),
  );
});
