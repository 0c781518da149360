/** The models on Online Retail, time split, invoices as baskets. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { backtestFile } from '../cli/backtest.ts';
import type { BenchContext } from './main.ts';
import { shopEvents } from './shop.ts';
import { round } from './statistics.ts';

export async function run({ note }: BenchContext): Promise<object> {
  const { source, events } = shopEvents(note);
  const folder = mkdtempSync(join(tmpdir(), 'likeness-backtest-'));
  const file = join(folder, 'events.jsonl');
  const lines = (async function* () {
    for await (const event of events) yield `${JSON.stringify(event)}\n`;
  })();
  await pipeline(Readable.from(lines), createWriteStream(file));
  const started = performance.now();
  const spec = fileURLToPath(new URL('../examples/shop.yaml', import.meta.url));
  const report = await backtestFile({ events: file, spec, protocol: 'time-split', k: 10 }, note);
  const seconds = (performance.now() - started) / 1000;
  rmSync(folder, { recursive: true });
  return {
    ndcg10ByModel: Object.fromEntries(report.models.map((model) => [model.name, model['ndcg@10']])),
    recall10ByModel: Object.fromEntries(report.models.map((model) => [model.name, model['recall@10']])),
    events: report.events,
    users: report.users,
    items: report.items,
    seconds: round(seconds, 1),
    peakRssMb: round(process.resourceUsage().maxRSS / 1024, 0),
    source,
  };
}
