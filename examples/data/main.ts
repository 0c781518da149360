/** `npm run data -- --from FILE.csv.gz [--to FILE.jsonl.gz] [--since DATE] [--until DATE]`: Online Retail as events. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { constants, createGzip } from 'node:zlib';
import { readRetail, type Span, type Tally } from './read.ts';

const usage = `Usage: npm run data -- --from FILE.csv[.gz] [--to FILE.jsonl[.gz]] [--since 2011-11-01] [--until 2011-12-10]

Turns the UCI Online Retail file into canonical events, one JSON object a line (standard output without --to).`;

async function* toLines(from: string, span: Span, tally: Tally): AsyncGenerator<string> {
  for await (const event of readRetail(from, span, tally)) yield `${JSON.stringify(event)}\n`;
}

async function convertFile(from: string, to: string | undefined, span: Span): Promise<Tally> {
  const tally: Tally = { rows: 0, events: 0, skipped: {} };
  const lines = Readable.from(toLines(from, span, tally));
  const sink = to ? createWriteStream(to) : process.stdout;
  if (to?.endsWith('.gz')) await pipeline(lines, createGzip({ level: constants.Z_BEST_COMPRESSION }), sink);
  else await pipeline(lines, sink);
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
