/** `node examples/extending/source/main.ts ORDERS.csv > events.jsonl`: an order table as events, for `likeness replay`. */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { convertOrder, type OrderRow } from './convert.ts';

async function convertFile(file: string): Promise<void> {
  const counts = { events: 0, skipped: 0, bad: 0 };
  let line = 1;
  for await (const row of createReadStream(file).pipe(parse({ columns: true })) as AsyncIterable<OrderRow>) {
    line++;
    try {
      const event = convertOrder(row);
      counts[event ? 'events' : 'skipped']++;
      if (event) console.log(JSON.stringify(event));
    } catch (error) {
      counts.bad++;
      console.error(`row ${line}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  console.error(JSON.stringify(counts));
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('Usage: node examples/extending/source/main.ts ORDERS.csv > events.jsonl');
  process.exitCode = 2;
} else await convertFile(file);
