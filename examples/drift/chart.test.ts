import { expect, it } from 'vitest';
import { drawChart } from './chart.ts';
import { createScreen } from './screen.ts';

const input = {
  points: [
    { time: 0, rate: 0.4 },
    { time: 4000, rate: 0.4 },
    { time: 8000, rate: 0.1 },
  ],
  marks: [
    { time: 5000, kind: 'change', text: 'taste' },
    { time: 6000, kind: 'verdict', text: 'found' },
  ],
  from: 0,
  to: 10_000,
  width: 10,
  height: 4,
} as const;

it('draws shares as heights, with marks and seconds below', () => {
  expect(drawChart(input)).toEqual([
    ' 40% ████████  ',
    '     ████████  ',
    '     ████████  ',
    '  0% █████████ ',
    '     ·····XV···',
    '     0     10 s',
  ]);
});

function written(isTTY: boolean): string {
  let text = '';
  let now = 0;
  const screen = createScreen({ isTTY, columns: 80, write: (more) => (text += more) }, () => now);
  screen.draw(input, 'first');
  screen.mark(input.marks[1], 0);
  now += 100;
  screen.draw(input, 'second');
  screen.end();
  return text;
}

it('draws over itself on a terminal, and in plain lines elsewhere', () => {
  expect(written(true)).toContain('second\u001b[K\n');
  expect(written(true)).toMatch(/\[\d+A/);
  expect(written(false)).toBe('first\n   6.0 s  verdict   found\n');
});
