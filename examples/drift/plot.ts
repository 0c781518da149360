/** A plot of several series over time, with numbered marks, as a figure with inline SVG. Pure. */
import type { Mark } from './marks.ts';
import type { RatePoint } from './questions.ts';

interface Series {
  readonly name: string;
  readonly points: readonly RatePoint[];
  /** A variable of the page's style. */
  readonly colour: string;
  readonly width: number;
  readonly dashes?: string;
}

export interface PlotInput {
  readonly title: string;
  /** What the heights are. */
  readonly unit: string;
  readonly isShare?: boolean;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly series: readonly Series[];
  /** In order of time: their numbers are their places, from 1. */
  readonly marks: readonly Mark[];
  /** A horizontal line. */
  readonly level?: { readonly value: number; readonly name: string };
}

const [width, height] = [960, 330];
const area = { left: 52, right: 948, top: 58, bottom: 282 };
/** Marks that come close after each other stand in rows. */
const rows = { count: 3, first: 10, apart: 17, radius: 8 };

interface Scale {
  readonly x: (time: number) => number;
  readonly y: (value: number) => number;
  readonly greatest: number;
  readonly step: number;
}

export function plot(input: PlotInput): string {
  const { title, unit, series, marks, level } = input;
  const scale = scaleOf(input);
  const heights = rowsOf(marks, scale);
  const parts = [
    `<title>${escapeText(title)}</title>`,
    newTime(input, scale),
    grid(input, scale),
    seconds(input, scale),
    ...(level ? [horizontal(level, scale)] : []),
    ...marks.map((mark, at) => vertical(mark, { number: at + 1, row: heights[at]! }, scale)),
    ...series.map((each) => line(each, scale)),
  ];
  return `<figure><figcaption><b>${escapeText(title)}</b> <span>${escapeText(unit)}</span></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">${parts.join('\n')}</svg>
<ul class="legend">${series.map(legendOf).join('')}</ul></figure>`;
}

const niceSteps = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];

function scaleOf({ from, to, series, level }: PlotInput): Scale {
  const values = series.flatMap(({ points }) => points.map(({ rate }) => rate));
  const most = Math.max(0.1, (level?.value ?? 0) * 1.2, ...values);
  const step = niceSteps.find((each) => most / each <= 6) ?? most / 5;
  const greatest = Math.ceil(most / step - 1e-9) * step;
  return {
    greatest,
    step,
    x: (time) => area.left + ((time - from) / (to - from)) * (area.right - area.left),
    y: (value) => area.bottom - (Math.min(value, greatest) / greatest) * (area.bottom - area.top),
  };
}

/** From the change on. */
function newTime({ marks }: PlotInput, { x }: Scale): string {
  const change = marks.find(({ kind }) => kind === 'change');
  if (change === undefined) return '';
  const at = x(change.time);
  return (
    `<rect class="new" x="${short(at)}" y="${area.top}" width="${short(area.right - at)}" height="${area.bottom - area.top}"/>` +
    `<text x="${short(at + 6)}" y="${area.top + 14}" class="band">another taste</text>`
  );
}

function grid({ isShare }: PlotInput, { y, greatest, step }: Scale): string {
  const lines: string[] = [];
  for (let at = 0; at * step <= greatest + 1e-9; at++) {
    const value = at * step;
    const named = isShare ? `${Math.round(100 * value)}%` : String(Math.round(100 * value) / 100);
    lines.push(
      `<line class="grid" x1="${area.left}" x2="${area.right}" y1="${short(y(value))}" y2="${short(y(value))}"/>` +
        `<text x="${area.left - 8}" y="${short(y(value) + 4)}" text-anchor="end">${named}</text>`,
    );
  }
  return lines.join('');
}

function seconds({ from, to }: PlotInput, { x }: Scale): string {
  const all = (to - from) / 1000;
  const every = [5, 10, 20, 30, 60, 120].find((step) => all / step <= 16) ?? Math.ceil(all / 16);
  const ticks = Array.from({ length: Math.floor(all / every) + 1 }, (_, at) => at * every);
  const named = ticks.map(
    (second) =>
      `<text x="${short(x(from + 1000 * second))}" y="${area.bottom + 18}" text-anchor="middle">${second}</text>`,
  );
  const middle = (area.left + area.right) / 2;
  return `${named.join('')}<text x="${middle}" y="${area.bottom + 38}" text-anchor="middle">seconds since the first event</text>`;
}

function line({ points, colour, width: thick, dashes }: Series, { x, y }: Scale): string {
  const path = points.map(({ time, rate }) => `${short(x(time))},${short(y(rate))}`).join(' ');
  return `<polyline points="${path}" fill="none" stroke-linejoin="round" style="${strokeOf(colour, dashes)}" stroke-width="${thick}"/>`;
}

function legendOf({ name, colour, dashes, width: thick }: Series): string {
  return (
    `<li><svg viewBox="0 0 26 10" class="key"><line x1="0" x2="26" y1="5" y2="5" style="${strokeOf(colour, dashes)}" ` +
    `stroke-width="${thick + 0.5}"/></svg>${escapeText(name)}</li>`
  );
}

const strokeOf = (colour: string, dashes: string | undefined): string =>
  `stroke:var(--${colour})${dashes === undefined ? '' : `;stroke-dasharray:${dashes}`}`;

function horizontal({ value, name }: { readonly value: number; readonly name: string }, { y }: Scale): string {
  const at = short(y(value));
  return (
    `<line class="level" x1="${area.left}" x2="${area.right}" y1="${at}" y2="${at}"/>` +
    `<text x="${area.right - 4}" y="${short(y(value) - 5)}" text-anchor="end" class="level">${escapeText(name)}</text>`
  );
}

/** By mark: the highest row in which it does not lie on the one before. */
function rowsOf(marks: readonly Mark[], { x }: Scale): number[] {
  const last = Array.from({ length: rows.count }, () => -Infinity);
  return marks.map(({ time }) => {
    const at = x(time);
    const free = last.findIndex((before) => at - before >= 2 * rows.radius + 2);
    const row = free < 0 ? last.indexOf(Math.min(...last)) : free;
    last[row] = at;
    return row;
  });
}

function vertical(
  { time, kind, text }: Mark,
  { number, row }: { readonly number: number; readonly row: number },
  { x }: Scale,
): string {
  const at = short(x(time));
  const top = rows.first + row * rows.apart;
  return (
    `<g class="mark ${kind}"><title>${escapeText(`${number} ${kind}: ${text}`)}</title>` +
    `<line x1="${at}" x2="${at}" y1="${top + rows.radius}" y2="${area.bottom}"/>` +
    `<circle cx="${at}" cy="${top}" r="${rows.radius}"/>` +
    `<text x="${at}" y="${top + 3.5}" text-anchor="middle">${number}</text></g>`
  );
}

const short = (value: number): string => value.toFixed(1);

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
