/**
 * The columns of a segment: of each line its place in the log, the fields of the event that queries ask for, and the line
 * itself, so that nothing is lost. Pure.
 */
import type { ColumnSource } from 'hyparquet-writer';
import { schemaFromColumnData, type SchemaElement } from 'hyparquet-writer';

/** One line of a record, and where it lies. */
export interface ArchivedLine {
  readonly offset: number;
  /** Which line of its record, from 0. */
  readonly index: number;
  /** LogAppendTime of its record, milliseconds since 1970. */
  readonly appended: number;
  readonly line: string;
}

type Fields = Readonly<Record<string, unknown>>;
type Column = Omit<ColumnSource, 'data'>;

const required = { nullable: false } as const;

const place: readonly (Column & { readonly of: (line: ArchivedLine) => unknown })[] = [
  { name: 'offset', type: 'INT64', ...required, of: ({ offset }) => BigInt(offset) },
  { name: 'index', type: 'INT32', ...required, of: ({ index }) => index },
  { name: 'appended', type: 'TIMESTAMP', ...required, of: ({ appended }) => new Date(appended) },
];

const text = (name: string): Column & { readonly of: (event: Fields) => unknown } => ({
  name,
  type: 'STRING',
  of: (event) => textOf(event[name]),
});
const number = (name: string) => ({ name, type: 'DOUBLE' as const, of: (event: Fields) => numberOf(event[name]) });
const moment = (name: string) => ({ name, type: 'TIMESTAMP' as const, of: (event: Fields) => timeOf(event[name]) });

const fields: readonly (Column & { readonly of: (event: Fields) => unknown })[] = [
  ...['id', 'type', 'profile', 'userId', 'anonymousId', 'itemId'].map(text),
  moment('time'),
  moment('receivedAt'),
  number('value'),
  number('quantity'),
  { name: 'category', type: 'STRING', of: ({ item }) => textOf(fieldsIn(item)['category']) },
  { name: 'brand', type: 'STRING', of: ({ item }) => textOf(fieldsIn(item)['brand']) },
];

/** Long and never asked for by its value: neither statistics nor a dictionary would help. */
const line: Column = { name: 'line', type: 'STRING', ...required, encoding: 'PLAIN', statistics: false };

/** Names of what is needed to give the records back. */
export const recordColumns = ['offset', 'index', 'appended', 'line'];

export const segmentSchema: SchemaElement[] = schemaFromColumnData({
  columnData: [...place, ...fields, line].map(({ name, type, nullable }) => ({
    name,
    data: [],
    ...(type && { type }),
    ...(nullable !== undefined && { nullable }),
  })),
});

export function columnsOf(lines: readonly ArchivedLine[]): ColumnSource[] {
  const events = lines.map((each) => parse(each.line));
  return [
    ...place.map(({ of, ...column }) => ({ ...column, data: lines.map(of) })),
    ...fields.map(({ of, ...column }) => ({ ...column, data: events.map(of) })),
    { ...line, data: lines.map((each) => each.line) },
  ];
}

/** Of a line that is no event, only the line is kept. */
function parse(text: string): Fields {
  try {
    return fieldsIn(JSON.parse(text));
  } catch {
    return {};
  }
}

const fieldsIn = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

function timeOf(value: unknown): Date | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : new Date(time);
}
