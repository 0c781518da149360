/** Feature values → a row of numbers: scaled, one column a category, and a column that says what is unknown. */
import { LikenessError } from '../../errors.ts';
import { categoryOf, numberOf, tagsOf, type ClassifyRow, type Field } from './rows.ts';
import { applyScale, fitScale, type Scale } from './scale.ts';

/** Of one feature, as learned from the training rows. Columns are in the order of the fields here. */
export type FieldEncoder =
  | { readonly name: string; readonly kind: 'number' | 'age'; readonly scale: Scale; readonly missing: boolean }
  /** One column a value, then one for every other value, then one for none. */
  | { readonly name: string; readonly kind: 'category'; readonly values: readonly string[] }
  | { readonly name: string; readonly kind: 'tags'; readonly tags: readonly { value: string; scale: Scale }[] };

/** Rows one after another. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** A value in fewer training rows is one of the others: a model would learn it by heart. */
const leastRows = 5;
const mostValues = 64;
const mostTags = 32;

/** From the training rows alone. */
export function fitEncoders(fields: readonly Field[], rows: readonly ClassifyRow[]): FieldEncoder[] {
  return fields.map((field) => fitters[field.kind](field, rows));
}

type Fitter = (field: Field, rows: readonly ClassifyRow[]) => FieldEncoder;

const fitters: Readonly<Record<Field['kind'], Fitter>> = {
  number: fitNumber,
  age: fitNumber,
  category: ({ name }, rows) => {
    const counts = new Map<string, number>();
    for (const { values } of rows) addTo(counts, categoryOf(values[name]));
    return { name, kind: 'category', values: frequent(counts, mostValues) };
  },
  tags: ({ name }, rows) => {
    const weights = rows.map(({ values }) => tagsOf(values[name]));
    const counts = new Map<string, number>();
    for (const tags of weights) for (const tag of tags.keys()) addTo(counts, tag);
    const tags = frequent(counts, mostTags).map((value) => ({
      value,
      scale: fitScale(weights.map((known) => known.get(value) ?? 0)),
    }));
    return { name, kind: 'tags', tags };
  },
};

function fitNumber({ name, kind }: Field, rows: readonly ClassifyRow[]): FieldEncoder {
  const values = rows.map((row) => numberOf(kind as 'number', row.values[name], row.time));
  const known = values.filter((value) => !Number.isNaN(value));
  return { name, kind: kind as 'number', scale: fitScale(known), missing: known.length < values.length };
}

function addTo(counts: Map<string, number>, value: string | undefined): void {
  if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
}

/** In an order that does not depend on that of the rows. */
function frequent(counts: ReadonlyMap<string, number>, most: number): string[] {
  return [...counts]
    .filter(([, count]) => count >= leastRows)
    .sort(([a, inA], [b, inB]) => inB - inA || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([value]) => value);
}

/** Names of the encoder's columns, for people. */
function columnNames(encoder: FieldEncoder): string[] {
  const { name } = encoder;
  if (encoder.kind === 'category')
    return [...encoder.values.map((value) => `${name}=${value}`), `${name}=(other)`, `${name}=(unknown)`];
  if (encoder.kind === 'tags') return encoder.tags.map(({ value }) => `${name}:${value}`);
  return encoder.missing ? [name, `${name}=(unknown)`] : [name];
}

export function columnCount(encoder: FieldEncoder): number {
  if (encoder.kind === 'category') return encoder.values.length + 2;
  if (encoder.kind === 'tags') return encoder.tags.length;
  return encoder.missing ? 2 : 1;
}

/** Writes at `at` and gives the place behind. An unknown number stands at its mean, 0 once it is scaled. */
function encodeField(encoder: FieldEncoder, { values, time }: Asked, out: Float64Array, at: number): number {
  const value = values[encoder.name];
  if (encoder.kind === 'category') {
    const text = categoryOf(value);
    const known = text === undefined ? encoder.values.length + 1 : encoder.values.indexOf(text);
    out[at + (known < 0 ? encoder.values.length : known)] = 1;
  } else if (encoder.kind === 'tags') {
    const weights = tagsOf(value);
    encoder.tags.forEach((tag, place) => (out[at + place] = applyScale(tag.scale, weights.get(tag.value) ?? 0)));
  } else {
    const number = numberOf(encoder.kind, value, time);
    if (Number.isNaN(number) && encoder.missing) out[at + 1] = 1;
    else if (!Number.isNaN(number)) out[at] = applyScale(encoder.scale, number);
  }
  return at + columnCount(encoder);
}

type Asked = Pick<ClassifyRow, 'values' | 'time'>;

/** Throws `BadData` where a value makes no finite number. */
export function encodeRow(encoders: readonly FieldEncoder[], row: Asked, out: Float64Array): void {
  out.fill(0);
  let at = 0;
  for (const encoder of encoders) at = encodeField(encoder, row, out, at);
  const bad = out.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new LikenessError('BadData', `${encoders.flatMap(columnNames)[bad]}: the value makes no finite number`);
}

export function encodeRows(encoders: readonly FieldEncoder[], rows: readonly Asked[]): Matrix {
  const columns = encoders.reduce((sum, encoder) => sum + columnCount(encoder), 0);
  const values = new Float64Array(rows.length * columns);
  rows.forEach((row, at) => encodeRow(encoders, row, values.subarray(at * columns, (at + 1) * columns)));
  return { rows: rows.length, columns, values };
}
