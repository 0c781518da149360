/** A request's body → what is accepted of it. Pure, but for the clock and the ids that are passed in. */
import { type Accepted, acceptCalls, acceptEvents, acceptItems } from './accept.ts';
import type { Access, Grant, Sender } from './access.ts';
import { type Entry, entriesOf, readDocument, readEntries } from './read-body.ts';
import { isRefusal, type Refusal, refuse } from './refusal.ts';
import type { SegmentCall } from './segment.ts';
import { isObject } from './shape.ts';

export interface RequestBody {
  /** Decompressed. */
  readonly bytes: Uint8Array;
  readonly sender: Sender;
  readonly contentType: string | undefined;
}

export interface RequestReader {
  events(body: RequestBody): Accepted | Refusal;
  items(body: RequestBody): Accepted | Refusal;
  /** `call` is the one that the route names; undefined: a batch. */
  calls(body: RequestBody, call: SegmentCall | undefined): Accepted | Refusal;
}

export interface ReaderDeps {
  readonly access: Access;
  readonly partitions: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
}

export function createReader({ access, partitions, now, newId }: ReaderDeps): RequestReader {
  const time = (): string => new Date(now()).toISOString();
  const stampOf = (grant: Grant) => ({ ingestedAt: time(), imported: grant.import, newId });
  return {
    events: ({ bytes, sender, contentType }) => {
      const grant = access(sender);
      if (isRefusal(grant)) return grant;
      const entries = readEntries(bytes, contentType);
      return Array.isArray(entries) ? acceptEvents(entries, stampOf(grant), partitions) : entries;
    },
    items: ({ bytes, contentType }) => {
      const entries = readEntries(bytes, contentType);
      return Array.isArray(entries) ? acceptItems(entries, { now: time(), newId }) : entries;
    },
    calls: ({ bytes, sender }, call) => {
      const document = readDocument(bytes);
      if (isRefusal(document)) return document;
      const grant = access(sender, document.value);
      // Segment's clients repeat everything but a 400 for ever.
      if (isRefusal(grant)) return { ...grant, status: 400 };
      const batch = callsIn(document.value, call);
      if (isRefusal(batch)) return batch;
      const stamp = stampOf(grant);
      const context = { ...(call && { call }), sentAt: batch.sentAt, now: stamp.ingestedAt, newId };
      return acceptCalls(batch.entries, context, stamp, partitions);
    },
  };
}

interface Calls {
  readonly entries: Entry[];
  readonly sentAt: unknown;
}

function callsIn(document: unknown, call: SegmentCall | undefined): Calls | Refusal {
  if (!isObject(document)) return refuse('NotAnObject', 'the body is a JSON object');
  if (call !== undefined) return { entries: [{ value: document }], sentAt: undefined };
  const { batch, sentAt } = document;
  if (!Array.isArray(batch)) return refuse('NotAnObject', 'batch must be a list of calls');
  const entries = entriesOf(batch);
  return Array.isArray(entries) ? { entries, sentAt } : entries;
}
