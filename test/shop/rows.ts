/** The shop's rows for the shop test, read apart from the product: what was bought or sent back, by whom, when. */
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { categoryOf } from '../../examples/data/categories.ts';
import { sampleFile } from '../../examples/data/read.ts';

export interface Row {
  /** The customer, or the invoice of a visitor without a name. */
  readonly profile: string;
  readonly kind: 'purchase' | 'return';
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly item: string;
  /** Ten-thousandths of a pound: prices have at most three decimals. */
  readonly amount: number;
  readonly category: string;
}

export interface ShopRows {
  readonly source: 'full' | 'sample';
  readonly rows: AsyncIterable<Row>;
}

/** The full file if `folder` names where it lies, else the shipped sample. Throws if the folder has no such file. */
export function shopRows(folder: string | undefined): ShopRows {
  if (!folder) return { source: 'sample', rows: sampleRows() };
  const candidates = ['online-retail.csv.gz', 'online-retail/online-retail.csv.gz'].map((path) => join(folder, path));
  const file = candidates.find((path) => existsSync(path));
  if (file === undefined) throw new Error(`LIKENESS_DATA is ${folder}, which has no online-retail.csv.gz`);
  return { source: 'full', rows: csvRows(file) };
}

async function* csvRows(file: string): AsyncGenerator<Row> {
  const records = createReadStream(file)
    .pipe(createGunzip())
    .pipe(parse({ relax_quotes: true, from_line: 2 }));
  for await (const record of records as AsyncIterable<string[]>) {
    const row = fromCsv(record);
    if (row !== undefined) yield row;
  }
}

/** Undefined: no product, no price, or a correction of the stock. */
function fromCsv(record: readonly string[]): Row | undefined {
  const [invoice, code, description, quantity, date, price, customer] = record as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const isReturn = invoice[0] === 'C';
  if (!/^[0-9]{5}[a-z]*$/i.test(code) || Number(price) <= 0) return undefined;
  if (!isReturn && Number(quantity) <= 0) return undefined;
  return {
    profile: customer === '' ? `invoice-${invoice}` : String(Math.trunc(Number(customer))),
    kind: isReturn ? 'return' : 'purchase',
    time: Date.parse(`${date}Z`),
    item: code.toUpperCase(),
    amount: Math.abs(Number(quantity)) * Math.round(Number(price) * 10_000),
    category: categoryOf(description),
  };
}

interface SampleLine {
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly type: Row['kind'];
  readonly time: string;
  readonly itemId: string;
  readonly value: number;
  readonly item: { readonly category: string };
}

async function* sampleRows(): AsyncGenerator<Row> {
  for await (const text of createInterface({ input: createReadStream(sampleFile).pipe(createGunzip()) })) {
    const line = JSON.parse(text) as SampleLine;
    yield {
      profile: line.userId ?? line.anonymousId!,
      kind: line.type,
      time: Date.parse(line.time),
      item: line.itemId,
      amount: Math.round(line.value * 10_000),
      category: line.item.category,
    };
  }
}
