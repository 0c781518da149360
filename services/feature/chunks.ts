/** Records → chunks that one store commit can hold, cut between records because the watermark is a record's. Pure. */
import type { BrokerRecord } from '../shared/broker.ts';
import { maxWritesPerCommit } from '../shared/profile-store.ts';
import { unpackLines } from '../shared/record.ts';
import { parseCleanLine, type CleanLine } from '../shared/clean-line.ts';

export interface Chunk {
  /** Its records, in their order. */
  readonly records: { readonly offset: number; readonly timestamp: number; readonly lines: number }[];
  readonly lines: CleanLine[];
  readonly profileIds: Set<string>;
  /** The oldest `ingestedAt` of each record: events of a record came in together. */
  readonly ingested: number[];
  /** Of the last record. */
  offset: number;
  timestamp: number;
}

/** A record is parsed when its chunk is asked for: what waits for a commit would only be moved about by the collector. */
export function* cutChunks(records: readonly BrokerRecord[]): Generator<Chunk, void> {
  let chunk: Chunk | undefined;
  for (const record of records) {
    const lines = linesOf(record);
    const profileIds = new Set<string>();
    let oldest = Infinity;
    for (const { event } of lines) {
      if (event === undefined) continue;
      profileIds.add(event.clean.profile);
      oldest = Math.min(oldest, event.ingestedAt);
    }
    if (chunk !== undefined && !fits(chunk.profileIds, profileIds)) {
      yield chunk;
      chunk = undefined;
    }
    chunk ??= { records: [], lines: [], profileIds: new Set(), ingested: [], offset: -1, timestamp: -1 };
    for (const line of lines) chunk.lines.push(line);
    for (const profileId of profileIds) chunk.profileIds.add(profileId);
    if (oldest < Infinity) chunk.ingested.push(oldest);
    chunk.records.push({ offset: record.offset, timestamp: record.timestamp, lines: lines.length });
    chunk.offset = record.offset;
    chunk.timestamp = record.timestamp;
  }
  if (chunk !== undefined) yield chunk;
}

function fits(known: ReadonlySet<string>, more: ReadonlySet<string>): boolean {
  if (known.size + more.size <= maxWritesPerCommit) return true;
  let size = known.size;
  for (const profileId of more) if (!known.has(profileId)) size++;
  return size <= maxWritesPerCommit;
}

/** The cleaner packs at most 500 events into a record; another writer's surplus of profiles could never be committed. */
function linesOf({ value, offset }: BrokerRecord): CleanLine[] {
  if (value === null) return [];
  const lines = unpackLines(value).map((text, index) => parseCleanLine(text, offset, index));
  if (lines.length <= maxWritesPerCommit) return lines;
  const profileIds = new Set<string>();
  return lines.map((line) => {
    if (line.event === undefined) return line;
    if (profileIds.size >= maxWritesPerCommit && !profileIds.has(line.event.clean.profile))
      return { ...line, event: undefined, problem: `the record holds more than ${maxWritesPerCommit} profiles` };
    profileIds.add(line.event.clean.profile);
    return line;
  });
}
