/** What a person sees while the demonstration runs: a chart that is drawn again and again on a terminal, else plain lines. */
import { legend, drawChart, type ChartInput } from './chart.ts';
import type { Mark } from './marks.ts';

export interface Screen {
  mark(mark: Mark, from: number): void;
  draw(input: Omit<ChartInput, 'width' | 'height'>, status: string): void;
  /** Ends the chart, and leaves it standing. */
  end(): void;
}

interface Out {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const rows = 10;
const plainEveryMs = 5000;

export function createScreen(out: Out, now: () => number): Screen {
  return out.isTTY ? liveScreen(out) : plainScreen(out, now);
}

function liveScreen(out: Out): Screen {
  let drawn = 0;
  const lines: string[] = [];
  return {
    mark: (mark, from) => void lines.push(describeMark(mark, from)),
    draw(input, status) {
      const width = Math.max(40, Math.min(120, (out.columns ?? 80) - 6));
      const chart = [status, ...drawChart({ ...input, width, height: rows }), legend, '', ...lines.slice(-6)];
      const text = chart.map((line) => `${line.slice(0, (out.columns ?? 80) - 1)}\u001b[K\n`).join('');
      out.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${text}\u001b[J`);
      drawn = chart.length;
    },
    end: () => void (drawn = 0),
  };
}

function plainScreen(out: Out, now: () => number): Screen {
  let last = -Infinity;
  return {
    mark: (mark, from) => void out.write(`${describeMark(mark, from)}\n`),
    draw(_input, status) {
      if (now() - last < plainEveryMs) return;
      last = now();
      out.write(`${status}\n`);
    },
    end: () => undefined,
  };
}

function describeMark({ time, kind, text }: Mark, from: number): string {
  return `${((time - from) / 1000).toFixed(1).padStart(6)} s  ${kind.padEnd(8)}  ${text}`;
}
