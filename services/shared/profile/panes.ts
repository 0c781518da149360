/**
 * Windows made of panes. A pane is a slice of time aligned to the UTC epoch, p = floor(time / pane); a window has n of
 * them. State keeps p > newest − n, where newest is the newest pane that holds an event of this feature, so what is kept
 * depends on the set of events alone. A value at `now` uses P(now) − n < p ≤ P(now).
 */
import { durationMs } from '../../../crds/scalars.ts';
import { LikenessError } from '../errors.ts';
import type { StateReader } from './state-reader.ts';
import type { StateWriter } from './state-writer.ts';

/** How a window is cut. Without a window there is one pane that holds everything. */
export interface PaneShape {
  /** Milliseconds; Infinity without a window. */
  readonly pane: number;
  /** n: panes of a window. */
  readonly count: number;
}

/** Ascending by index, both arrays of one length; only panes that hold events. */
export interface Panes<Cell> {
  readonly indexes: number[];
  readonly cells: Cell[];
}

const defaultPanes = 30;
const maxPanes = 366;

export interface Windowed {
  readonly window?: string | undefined;
  readonly pane?: string | undefined;
}

function badWindow(name: string, problem: string): LikenessError {
  return new LikenessError('BadSpec', `features.${name}: ${problem}`);
}

/** Throws `BadSpec` where a pane does not divide its window, or makes more than 366 panes of it. */
export function paneShape(name: string, { window, pane }: Windowed): PaneShape {
  if (window === undefined && pane === undefined) return { pane: Infinity, count: 1 };
  if (window === undefined) throw badWindow(name, `pane ${pane} needs a window`);
  const windowMs = durationMs(window);
  if (windowMs < 1) throw badWindow(name, `window ${window} must be at least 1ms`);
  const paneMs = pane === undefined ? windowMs / defaultPanes : durationMs(pane);
  if (!Number.isInteger(paneMs))
    throw badWindow(name, `window ${window} is not ${defaultPanes} even panes; give a pane`);
  const count = windowMs / paneMs;
  if (!Number.isInteger(count)) throw badWindow(name, `pane ${pane} must divide window ${window} evenly`);
  if (count > maxPanes) throw badWindow(name, `pane ${pane} cuts ${window} into ${count} panes; at most ${maxPanes}`);
  return { pane: paneMs, count };
}

const paneIndex = (shape: PaneShape, time: number): number =>
  shape.pane === Infinity ? 0 : Math.floor(time / shape.pane);

/** First place whose index is at least `index`; looks from the end, where new events mostly belong. */
function placeOf(indexes: readonly number[], index: number): number {
  let place = indexes.length;
  while (place > 0 && indexes[place - 1]! >= index) place--;
  return place;
}

/** Drops the panes that the newest has left behind; says how many. */
function forgetOld<Cell>(panes: Panes<Cell>, count: number): number {
  const oldest = panes.indexes.at(-1)! - count;
  let old = 0;
  while (panes.indexes[old]! <= oldest) old++;
  if (old === 0) return 0;
  panes.indexes.splice(0, old);
  panes.cells.splice(0, old);
  return old;
}

/** Where the pane of `time` stands, made with `undefined` in it if it is new; -1 if it is too old to be kept. */
export function placeFor<Cell>(panes: Panes<Cell>, shape: PaneShape, time: number): number {
  const { indexes, cells } = panes as Panes<Cell | undefined>;
  const index = paneIndex(shape, time);
  const newest = indexes.at(-1);
  if (newest === index) return indexes.length - 1;
  if (newest !== undefined && index <= newest - shape.count) return -1;
  const place = placeOf(indexes, index);
  if (indexes[place] === index) return place;
  indexes.splice(place, 0, index);
  cells.splice(place, 0, undefined);
  return place - forgetOld(panes, shape.count);
}

/** Panes of both; `mergeCells` must not change what it is given. */
export function mergePanes<Cell>(
  shape: PaneShape,
  a: Panes<Cell>,
  b: Panes<Cell>,
  mergeCells: (a: Cell, b: Cell | undefined) => Cell,
): Panes<Cell> {
  const merged: Panes<Cell> = { indexes: [], cells: [] };
  for (let i = 0, j = 0; i < a.indexes.length || j < b.indexes.length;) {
    const left = a.indexes[i] ?? Infinity;
    const right = b.indexes[j] ?? Infinity;
    merged.indexes.push(Math.min(left, right));
    if (left === right) merged.cells.push(mergeCells(a.cells[i++]!, b.cells[j++]));
    else merged.cells.push(mergeCells(left < right ? a.cells[i++]! : b.cells[j++]!, undefined));
  }
  if (merged.indexes.length > 0) forgetOld(merged, shape.count);
  return merged;
}

/** The panes that a value at `now` is made of, oldest first. */
export function panesAt<Cell>(panes: Panes<Cell>, shape: PaneShape, now: number): Panes<Cell> {
  const last = paneIndex(shape, now);
  const { indexes, cells } = panes;
  const inside = (index: number): boolean => index > last - shape.count && index <= last;
  if (indexes.every(inside)) return panes;
  return { indexes: indexes.filter(inside), cells: cells.filter((_, place) => inside(indexes[place]!)) };
}

/** How many panes, and from the newest down how far each is above the next. The newest is that of the newest event. */
export function encodeIndexes(writer: StateWriter, indexes: readonly number[]): void {
  writer.unsigned(indexes.length);
  for (let place = indexes.length - 1; place > 0; place--) writer.unsigned(indexes[place]! - indexes[place - 1]!);
}

/** Ascending, as they are kept. */
export function decodeIndexes(reader: StateReader, shape: PaneShape): number[] {
  const indexes: number[] = [];
  let index = paneIndex(shape, reader.lastTime);
  for (let left = reader.unsigned(); left > 0; left--) {
    indexes.push(index);
    if (left > 1) index -= reader.unsigned();
  }
  return indexes.reverse();
}

/** The indexes, then the cells, from the newest down. */
export function encodePanes<Cell>(
  writer: StateWriter,
  { indexes, cells }: Panes<Cell>,
  encodeCell: (writer: StateWriter, cell: Cell) => void,
): void {
  encodeIndexes(writer, indexes);
  for (let place = cells.length - 1; place >= 0; place--) encodeCell(writer, cells[place]!);
}

export function decodePanes<Cell>(
  reader: StateReader,
  shape: PaneShape,
  decodeCell: (reader: StateReader) => Cell,
): Panes<Cell> {
  const indexes = decodeIndexes(reader, shape);
  const cells = indexes.map(() => decodeCell(reader));
  return { indexes, cells: cells.reverse() };
}
