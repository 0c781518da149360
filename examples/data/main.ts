/** `npm run data -- --from FILE.csv.gz [--to FILE.jsonl.gz] [--since DATE] [--until DATE]`: Online Retail as events. */
import { createReadStream, createWriteStream } from 'node:fs';
import { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { convertRow, type RetailRow } from './convert.ts';

const usage = `Usage: npm run data -- --from FILE.csv[.gz] [--to FILE.jsonl[.gz]] [--since 2011-11-01] [--until 2011-12-10]

Turns the UCI Online Retail file into canonical events, one JSON object a line (standard output without --to).`;

interface Tally {
  rows: number;
  events: number;
  skipped: Record<string, number>;
}

interface Span {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

async function* toLines(rows: AsyncIterable<RetailRow>, span: Span, tally: Tally): AsyncGenerator<string> {
  for await (const row of rows) {
    tally.rows++;
    if ((span.since && row.InvoiceDate < span.since) || (span.until && row.InvoiceDate >= span.until)) continue;
    const result = convertRow(row, tally.rows + 1);
    if (typeof result === 'string') {
      tally.skipped[result] = (tally.skipped[result] ?? 0) + 1;
      continue;
    }
    tally.events++;
    yield `${JSON.stringify(result)}\n`;
  }
}

async function convertFile(from: string, to: string | undefined, span: Span): Promise<Tally> {
  const tally: Tally = { rows: 0, events: 0, skipped: {} };
  const read = createReadStream(from);
  const csv = parse({ columns: true, relax_quotes: true });
  const source = from.endsWith('.gz') ? [read, createGunzip()] : [read];
  const compress = to?.endsWith('.gz') ? [createGzip({ level: constants.Z_BEST_COMPRESSION })] : [];
  const sink = to ? createWriteStream(to) : process.stdout;
  await pipeline([
    ...source,
    csv,
    Duplex.from((rows: AsyncIterable<RetailRow>) => toLines(rows, span, tally)),
    ...compress,
    sink,
  ]);
  return tally;
}

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    since: { type: 'string' },
    until: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
});
if (values.help || !values.from) {
  console.error(usage);
  process.exitCode = values.help ? 0 : 2;
} else {
  const tally = await convertFile(values.from, values.to, values);
  console.error(JSON.stringify(tally));
}
