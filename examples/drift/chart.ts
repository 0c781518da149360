/** A chart of shares over time in lines of text. Pure. */
import type { Mark, MarkKind } from './marks.ts';
import type { RatePoint } from './questions.ts';

export interface ChartInput {
  readonly points: readonly RatePoint[];
  readonly marks: readonly Mark[];
  /** Milliseconds since 1970, of both ends. */
  readonly from: number;
  readonly to: number;
  /** Columns and rows of the plot itself. */
  readonly width: number;
  readonly height: number;
}

const letters: Readonly<Record<MarkKind, string>> = {
  change: 'X',
  verdict: 'V',
  training: 'T',
  gate: 'G',
  canary: 'C',
  active: 'A',
  rollback: 'R',
};

export const legend = 'X change of taste   V drift found   T training   G gate   C canary   A active   R rollback';
const eighths = ' ▁▂▃▄▅▆▇█';

/** From the top: the rows of the plot with their scale, the marks, the seconds. */
export function drawChart({ points, marks, from, to, width, height }: ChartInput): string[] {
  const columnOf = (time: number): number =>
    Math.min(width - 1, Math.max(0, Math.floor(((time - from) / (to - from)) * width)));
  const greatest = Math.max(0.1, Math.ceil(Math.max(0, ...points.map(({ rate }) => rate)) * 10) / 10);
  const columns = Array.from<number | undefined>({ length: width });
  for (const { time, rate } of points) columns[columnOf(time)] = rate;
  fillGaps(columns);
  const rows = Array.from({ length: height }, (_, row) => {
    const floor = ((height - 1 - row) / height) * greatest;
    const cells = columns.map((rate) => cellOf(rate, floor, greatest / height));
    const scale = row === 0 ? `${Math.round(100 * greatest)}%` : row === height - 1 ? '0%' : '';
    return `${scale.padStart(4)} ${cells.join('')}`;
  });
  return [...rows, `     ${markLine(marks, columnOf, width)}`, `     ${secondsLine(from, to, width)}`];
}

/** Between two points of the curve, the earlier one. */
function fillGaps(columns: (number | undefined)[]): void {
  const last = columns.findLastIndex((rate) => rate !== undefined);
  for (let at = 1; at < last; at++) columns[at] ??= columns[at - 1];
}

function cellOf(rate: number | undefined, floor: number, step: number): string {
  if (rate === undefined) return ' ';
  return eighths[Math.round(Math.min(1, Math.max(0, (rate - floor) / step)) * 8)]!;
}

/** Of several in one column the last. */
function markLine(marks: readonly Mark[], columnOf: (time: number) => number, width: number): string {
  const line = Array.from({ length: width }, () => '·');
  for (const { time, kind } of marks) line[columnOf(time)] = letters[kind];
  return line.join('');
}

function secondsLine(from: number, to: number, width: number): string {
  const end = `${Math.round((to - from) / 1000)} s`;
  return `0${' '.repeat(Math.max(1, width - 1 - end.length))}${end}`;
}
