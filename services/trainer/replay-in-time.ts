/** Reads several partitions so that none runs ahead of the others in the time of its events, each in the order of its log. */
import type { BrokerRecord } from '../shared/broker.ts';
import type { CleanEvent } from '../shared/event.ts';
import { unpackLines } from '../shared/record.ts';
import { parseLine } from './replay.ts';

/** Says which partition it is to be given next, and takes its events. */
export interface InTime {
  /** undefined: all have ended. */
  readonly next: number | undefined;
  take(event: CleanEvent, partition: number): void;
  end(partition: number): void;
}

/** By partition, its records in order. Resolves with the lines that were no events. Rejects with what reading rejects with. */
export async function replayInTime(
  partitions: ReadonlyMap<number, AsyncIterable<readonly BrokerRecord[]>>,
  into: InTime,
): Promise<number> {
  let malformed = 0;
  const readers = new Map([...partitions].map(([partition, batches]) => [partition, recordsOf(batches)]));
  for (let partition = into.next; partition !== undefined; partition = into.next) {
    const read = await readers.get(partition)!.next();
    if (read.done) into.end(partition);
    else malformed += takeRecord(read.value, partition, into);
  }
  return malformed;
}

async function* recordsOf(batches: AsyncIterable<readonly BrokerRecord[]>): AsyncGenerator<BrokerRecord, void> {
  for await (const records of batches) yield* records;
}

function takeRecord({ value }: BrokerRecord, partition: number, into: InTime): number {
  if (value === null) return 0;
  let malformed = 0;
  for (const line of unpackLines(value)) {
    const event = parseLine(line);
    if (event) into.take(event, partition);
    else malformed++;
  }
  return malformed;
}
