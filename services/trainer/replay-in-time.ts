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

/** By partition, its records in order. Rejects with what reading rejects with. */
export async function replayInTime(
  partitions: ReadonlyMap<number, AsyncIterable<readonly BrokerRecord[]>>,
  into: InTime,
): Promise<void> {
  const readers = new Map([...partitions].map(([partition, batches]) => [partition, recordsOf(batches)]));
  for (let partition = into.next; partition !== undefined; partition = into.next) {
    const read = await readers.get(partition)!.next();
    if (read.done) into.end(partition);
    else takeRecord(read.value, partition, into);
  }
}

async function* recordsOf(batches: AsyncIterable<readonly BrokerRecord[]>): AsyncGenerator<BrokerRecord, void> {
  for await (const records of batches) yield* records;
}

function takeRecord({ value }: BrokerRecord, partition: number, into: InTime): void {
  if (value === null) return;
  for (const line of unpackLines(value)) {
    const event = parseLine(line);
    if (event) into.take(event, partition);
  }
}
