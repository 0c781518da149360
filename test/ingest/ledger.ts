/** What an ingest has promised: kept by the test's own reading of every body that was answered. */
import type { BadBody } from './bad-bodies.ts';

export interface Answer {
  readonly accepted?: number;
  readonly rejected?: number;
  readonly code?: string;
  readonly items?: readonly { readonly index: number; readonly status: number; readonly code?: string }[];
}

type Entry = Record<string, unknown>;

export interface Ledger {
  /** Ids of accepted events, as their senders gave them. */
  readonly ids: string[];
  /** Accepted events without an id of their own. */
  unnamed: number;
  readonly items: string[];
  /** Bodies of which a part was accepted. */
  mixed: number;
  /** Answers by status and code. */
  readonly answers: Map<string, number>;
  note(body: BadBody, status: number, answer: Answer): void;
}

export function createLedger(): Ledger {
  const ledger: Ledger = {
    ids: [],
    unnamed: 0,
    items: [],
    mixed: 0,
    answers: new Map(),
    note: (body, status, answer) => {
      const label = `${status} ${answer.code ?? (answer.items ? 'mixed' : 'all')}`;
      ledger.answers.set(label, (ledger.answers.get(label) ?? 0) + 1);
      if (status !== 202) return;
      if (answer.items) ledger.mixed++;
      for (const entry of acceptedEntries(body, answer)) noteEntry(ledger, body.path, entry);
    },
  };
  return ledger;
}

function noteEntry(ledger: Ledger, path: string, entry: Entry): void {
  if (path === '/v1/items') {
    ledger.items.push(entry['itemId'] as string);
    return;
  }
  for (const id of path === '/v1/events' ? [nameIn(entry['id'])] : idsOfCall(path, entry)) {
    if (id === undefined) ledger.unnamed++;
    else ledger.ids.push(id);
  }
}

function acceptedEntries(body: BadBody, answer: Answer): Entry[] {
  const entries = entriesOf(body);
  const said = (answer.accepted ?? 0) + (answer.rejected ?? 0);
  if (entries.length !== said)
    throw new Error(`${said} entries were answered, ${entries.length} were sent: ${body.path}`);
  if (answer.items === undefined) return entries;
  return answer.items.filter(({ status }) => status === 202).map(({ index }) => entries[index]!);
}

/** The entries of a body as its sender means them. */
function entriesOf({ path, headers, text = '' }: BadBody): Entry[] {
  const document = text.replace(/^\uFEFF/, '');
  if (path !== '/v1/events' && path !== '/v1/items') {
    const parsed = JSON.parse(document) as { batch?: Entry[] };
    return path === '/v1/batch' || path === '/v1/b' ? parsed.batch! : [parsed];
  }
  const whole = headers['content-type'] === 'application/x-ndjson' ? undefined : parse(document);
  if (whole !== undefined) return (Array.isArray(whole) ? whole : [whole]) as Entry[];
  return document
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => (parse(line) ?? {}) as Entry);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nameIn(id: unknown): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** One id, or one for each product of an order. */
function idsOfCall(path: string, call: Entry): (string | undefined)[] {
  const id = nameIn(call['messageId']);
  const fromRoute = { '/v1/track': 'track', '/v1/t': 'track', '/v1/identify': 'identify' }[path];
  const isOrder = call['event'] === 'Order Completed' || call['event'] === 'Order Refunded';
  const products = (call['properties'] as { products?: unknown } | null | undefined)?.products;
  if ((fromRoute ?? call['type']) !== 'track' || !isOrder || !Array.isArray(products)) return [id];
  return products.length === 0 ? [id] : products.map((_, index) => id && `${id}:${index}`);
}
