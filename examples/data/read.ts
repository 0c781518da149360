/** Reads the Online Retail file, or the shipped sample of it, as canonical events. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import type { SentEvent } from '../../services/shared/event.ts';
import { convertRow, type RetailRow } from './convert.ts';

export interface Tally {
  rows: number;
  events: number;
  skipped: Record<string, number>;
}

export interface Span {
  /** First invoice date, such as 2011-11-01. */
  readonly since?: string | undefined;
  /** The invoice date at which to stop. */
  readonly until?: string | undefined;
}

export const sampleFile = fileURLToPath(new URL('online-retail-sample.jsonl.gz', import.meta.url));

/** Rows of a `.csv` or `.csv.gz` with their line number in the file. */
async function* readRows(file: string): AsyncGenerator<readonly [row: RetailRow, line: number]> {
  const csv = parse({ columns: true, relax_quotes: true });
  const bytes = createReadStream(file);
  const plain = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  for (const stream of [bytes, plain]) stream.on('error', (error: Error) => csv.destroy(error));
  let line = 1;
  for await (const row of plain.pipe(csv) as AsyncIterable<RetailRow>) yield [row, ++line];
}

/** Events of the whole file; what is skipped is counted in `tally`. */
export async function* readRetail(file: string, span: Span = {}, tally?: Tally): AsyncGenerator<SentEvent> {
  for await (const [row, line] of readRows(file)) {
    if (tally) tally.rows++;
    if ((span.since && row.InvoiceDate < span.since) || (span.until && row.InvoiceDate >= span.until)) continue;
    const result = convertRow(row, line);
    if (typeof result === 'object') yield result;
    if (tally) count(tally, result);
  }
}

function count(tally: Tally, result: SentEvent | string): void {
  if (typeof result === 'string') tally.skipped[result] = (tally.skipped[result] ?? 0) + 1;
  else tally.events++;
}

/** The events that ship with the project. */
export async function* readSample(): AsyncGenerator<SentEvent> {
  const input = createReadStream(sampleFile).pipe(createGunzip());
  for await (const line of createInterface({ input })) yield JSON.parse(line) as SentEvent;
}
