/** The shop's events for a benchmark: the full file if LIKENESS_DATA names its folder, else the shipped sample. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readRetail, readSample } from '../examples/data/read.ts';
import type { SentEvent } from '../services/shared/event.ts';

export interface ShopEvents {
  readonly source: 'full' | 'sample';
  readonly events: AsyncIterable<SentEvent>;
}

export function shopEvents(note: (line: string) => void): ShopEvents {
  const folder = process.env['LIKENESS_DATA'];
  if (folder) {
    for (const path of ['online-retail.csv.gz', 'online-retail/online-retail.csv.gz']) {
      const file = join(folder, path);
      if (existsSync(file)) return { source: 'full', events: readRetail(file) };
    }
    throw new Error(`LIKENESS_DATA is ${folder}, which has no online-retail.csv.gz`);
  }
  note('LIKENESS_DATA is not set: using the shipped sample of the shop, not the full file');
  return { source: 'sample', events: readSample() };
}
