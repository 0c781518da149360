/** What ingest takes at most. A request over any of these is answered 400 and nothing of it is stored. */

const kib = 1024;

export const limits = {
  /** Bytes of a body, as sent and again after decompression. */
  bodyBytes: 500 * kib,
  /** Events, calls or items in a body. */
  batchEvents: 2500,
  /** Bytes of one event in its canonical form. */
  eventBytes: 32 * kib,
  /** Objects and arrays inside each other, the event itself included. */
  depth: 16,
  /** Keys of one event, at all depths. */
  keys: 512,
  /** One order becomes one event per product: events and bytes that the calls of a body may become. */
  fannedOutEvents: 10_000,
  fannedOutBytes: 2048 * kib,
  /** Characters of an item's id: it is a Kafka key and a key of the store. */
  itemIdLength: 256,
} as const;
