import { expect, it } from 'vitest';
import { timeBack, withPassed, type PassedBlock } from './passed-blocks.ts';

const blocks: PassedBlock[] = [
  { questions: 40, sampled: 100, to: 1000 },
  { questions: 60, sampled: 100, to: 2000 },
  { questions: 0, sampled: 50, to: 2500 },
  { questions: 20, sampled: 100, to: 3500 },
];

it('finds when a question or an event came, within its block', () => {
  expect(timeBack(blocks, { questions: 5 })).toBe(3250);
  expect(timeBack(blocks, { questions: 20 })).toBe(2500);
  expect(timeBack(blocks, { questions: 50 })).toBe(1500);
  expect(timeBack(blocks, { sampled: 125 })).toBe(2250);
  expect(timeBack(blocks, { sampled: 0 })).toBe(3500);
});

it('knows nothing from before its first block', () => {
  expect(timeBack(blocks, { questions: 500 })).toBe(1000);
  expect(timeBack([], { questions: 1 })).toBeUndefined();
});

it('keeps as many as can be asked for, and no more than can be stored', () => {
  const many = (block: Omit<PassedBlock, 'to'>, blocks: number): PassedBlock[] => {
    let passed: PassedBlock[] = [];
    for (let at = 0; at < blocks; at++) passed = withPassed(passed, { ...block, to: at });
    return passed;
  };
  expect(many({ questions: 1000, sampled: 1000 }, 100)).toHaveLength(21);
  expect(many({ questions: 1000, sampled: 2000 }, 100)).toHaveLength(21);
  expect(many({ questions: 1, sampled: 1 }, 1000)).toHaveLength(500);
});
