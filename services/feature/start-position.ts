/** Where to read a partition first, or why profiles and log do not fit together. Pure. */
import { LikenessError, type ErrorCode } from '../shared/errors.ts';
import type { Watermark } from '../shared/profile-store.ts';

export interface Found {
  readonly topic: string;
  readonly partition: number;
  readonly watermark: Watermark | undefined;
  /** Of the partition: the first offset still held, and one past the last. */
  readonly low: number;
  readonly high: number;
  readonly hasProfiles: boolean;
  /** Hash of the features that this service computes. */
  readonly definition: string;
}

/** The command that every refusal names. */
const rebuild = 'likeness up SPEC --from-log-start';

/** The offset to read first. Throws the LikenessError that says what does not fit, why it matters, and what to do. */
export function startPosition(found: Found): number {
  const { watermark, low } = found;
  if (watermark === undefined) return withoutWatermark(found);
  if (watermark.definition !== found.definition) throw definitionChanged(found, watermark);
  const next = watermark.offset + 1;
  const at = contains(found, watermark);
  if (next > found.high)
    throw refusal(
      'LogAheadOfTopic',
      `${at}, but the log ends before ${found.high}: the topic was created again, and reading on would skip its start.`,
    );
  if (next < low)
    throw refusal('LogGap', `${at}, but the log begins at ${low}: the records between are gone. Raise the retention.`);
  return next;
}

/**
 * What to throw if the record at the watermark's offset is not the one that the profiles contain: the topic was created
 * again and has grown longer since. `timestamp` is that record's LogAppendTime; undefined if there is no such record.
 */
export function recreation(
  place: Pick<Found, 'topic' | 'partition'>,
  watermark: Watermark,
  timestamp: number | undefined,
): LikenessError | undefined {
  if (timestamp === watermark.timestamp) return undefined;
  return refusal(
    'LogRecreated',
    `${contains(place, watermark)}, appended at ${watermark.timestamp}; the log has another record there ` +
      `(${timestamp ?? 'none'}): the topic was created again.`,
  );
}

const contains = ({ topic, partition }: Pick<Found, 'topic' | 'partition'>, { offset }: Watermark): string =>
  `Profiles of partition ${partition} contain ${topic} up to offset ${offset}`;

function withoutWatermark({ topic, partition, low, hasProfiles }: Found): number {
  if (hasProfiles)
    throw refusal(
      'WatermarkMissing',
      `Partition ${partition} has profiles but no watermark: nobody can tell which records of ${topic} they contain.`,
    );
  if (low > 0)
    throw refusal(
      'LogGap',
      `Partition ${partition} has no profiles yet, and ${topic} begins at offset ${low}: earlier records are gone.`,
    );
  return 0;
}

export function definitionChanged(
  { partition, definition }: Pick<Found, 'partition' | 'definition'>,
  watermark: Watermark,
): LikenessError {
  return refusal(
    'DefinitionChanged',
    `Profiles of partition ${partition} were computed by other features (${watermark.definition}) than the spec's ` +
      `(${definition}), and the two do not mix. Restore the features of the spec.`,
  );
}

function refusal(code: ErrorCode, problem: string): LikenessError {
  const way = `Or forget the profiles and compute them again from the records that the log holds: ${rebuild}`;
  return new LikenessError(code, `${problem} ${way} (LIKENESS_FROM_LOG_START=true).`);
}
