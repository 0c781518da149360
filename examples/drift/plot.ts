/** A plot of several series over time, with marks, as inline SVG. Pure. */
import type { Mark } from './marks.ts';
import type { RatePoint } from './questions.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly RatePoint[];
  readonly colour: string;
  readonly width: number;
  readonly dashes?: string;
}

export interface PlotInput {
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly series: readonly Series[];
  readonly marks: readonly Mark[];
  /** A horizontal line. */
  readonly level?: { readonly value: number; readonly name: string };
}

const [width, height] = [960, 320];
const area = { left: 44, right: 950, top: 30, bottom: 262 };
const colours: Readonly<Record<Mark['kind'], string>> = {
  change: '#c92a2a',
  verdict: '#e8590c',
  training: '#5f3dc4',
  gate: '#868e96',
  canary: '#f08c00',
  active: '#2b8a3e',
  rollback: '#c92a2a',
};

interface Scale {
  readonly x: (time: number) => number;
  readonly y: (value: number) => number;
  readonly greatest: number;
}

export function plot(input: PlotInput): string {
  const { title, series, marks, level } = input;
  const scale = scaleOf(input);
  const parts = [
    `<title>${escapeText(title)}</title>`,
    grid(input, scale),
    ...(level ? [horizontal(level, scale)] : []),
    ...marks.map((mark) => vertical(mark, scale)),
    ...series.map((each) => line(each, scale)),
    ...series.map(label),
  ];
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">${parts.join('\n')}</svg>`;
}

function scaleOf({ from, to, series, level }: PlotInput): Scale {
  const values = series.flatMap(({ points }) => points.map(({ rate }) => rate));
  const most = Math.max(0.1, level?.value ?? 0, ...values);
  const greatest = Math.ceil(most * 1.05 * 10) / 10;
  return {
    greatest,
    x: (time) => area.left + ((time - from) / (to - from)) * (area.right - area.left),
    y: (value) => area.bottom - (Math.min(value, greatest) / greatest) * (area.bottom - area.top),
  };
}

function grid({ from, to }: PlotInput, { x, y, greatest }: Scale): string {
  const steps = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = share * greatest;
    const at = short(y(value));
    return (
      `<line x1="${area.left}" x2="${area.right}" y1="${at}" y2="${at}" stroke="#e9ecef"/>` +
      `<text x="${area.left - 6}" y="${short(y(value) + 4)}" text-anchor="end">${value.toFixed(2)}</text>`
    );
  });
  const every = 1000 * Math.max(10, Math.ceil((to - from) / 100_000) * 10);
  for (let time = from; time <= to; time += every)
    steps.push(
      `<text x="${short(x(time))}" y="${area.bottom + 16}" text-anchor="middle">${Math.round((time - from) / 1000)} s</text>`,
    );
  return steps.join('');
}

function line({ points, colour, width: thick, dashes }: Series, { x, y }: Scale): string {
  const path = points.map(({ time, rate }) => `${short(x(time))},${short(y(rate))}`).join(' ');
  const style = dashes === undefined ? '' : ` stroke-dasharray="${dashes}"`;
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${thick}"${style}/>`;
}

function label({ name, colour, dashes }: Series, place: number): string {
  const [left, top] = [area.left + place * 305, area.bottom + 42];
  const style = dashes === undefined ? '' : ` stroke-dasharray="${dashes}"`;
  return (
    `<line x1="${left}" x2="${left + 24}" y1="${top - 4}" y2="${top - 4}" stroke="${colour}" stroke-width="2.5"${style}/>` +
    `<text x="${left + 30}" y="${top}">${escapeText(name)}</text>`
  );
}

function horizontal({ value, name }: { readonly value: number; readonly name: string }, { y }: Scale): string {
  const at = short(y(value));
  return (
    `<line x1="${area.left}" x2="${area.right}" y1="${at}" y2="${at}" stroke="#e03131" stroke-dasharray="2 4"/>` +
    `<text x="${area.right}" y="${short(y(value) - 4)}" text-anchor="end">${escapeText(name)}</text>`
  );
}

function vertical({ time, kind, text }: Mark, { x }: Scale): string {
  const at = short(x(time));
  const colour = colours[kind];
  return (
    `<g class="mark ${kind}"><title>${escapeText(`${kind}: ${text}`)}</title>` +
    `<line x1="${at}" x2="${at}" y1="${area.top}" y2="${area.bottom}" stroke="${colour}" stroke-opacity=".6"/>` +
    `<text x="${at}" y="${area.top - 4}" transform="rotate(-35 ${at} ${area.top - 4})" style="fill:${colour}">${kind}</text></g>`
  );
}

const short = (value: number): string => value.toFixed(1);

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
