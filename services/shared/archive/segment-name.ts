/** The names of segments and of erasures: they tell all that must be known before anything is opened. Pure. */
import type { Erasure, Segment } from '../archive.ts';

/** Folder of a stream's archive, below whatever the store begins with: `{namespace}.{pipeline}/{stream}.e{epoch}`. */
export const placeOf = ({ pipeline, stream, epoch }: { pipeline: string; stream: string; epoch: number }): string =>
  `${pipeline}/${stream}.e${epoch}`;

export const partitionFolder = (partition: number): string => `p${partition}`;

export const isPartitionFolder = (name: string): boolean => /^p\d{1,6}$/.test(name);

/**
 * `p3/0000000000000500-0000000000000999-1731234567890.parquet`, in the order of the log; where lines have been through
 * erasures, `-e000002.0123456789abcdef` stands before the dot.
 */
export function segmentName({ partition, first, last, maxTime, purged }: Segment): string {
  const through = purged === undefined ? '' : `-${purged}`;
  return `${partitionFolder(partition)}/${digits(first)}-${digits(last)}-${maxTime}${through}.parquet`;
}

/** As many as the largest offset has. */
const digits = (offset: number): string => String(offset).padStart(16, '0');

/** undefined for what is none: a draft, or somebody else's. */
export function parseSegmentName(name: string): Segment | undefined {
  const match = /^p(\d{1,6})\/(\d{16})-(\d{16})-(\d{1,16})(?:-(e\d{6}\.[0-9a-f]{16}))?\.parquet$/.exec(name);
  if (match === null) return undefined;
  const [partition, first, last, maxTime] = match.slice(1, 5).map(Number) as [number, number, number, number];
  const purged = match[5];
  return first <= last ? { partition, first, last, maxTime, ...(purged !== undefined && { purged }) } : undefined;
}

/** What the names of a partition's erasures begin with. */
export const erasurePrefix = (partition: number): string => `${partitionFolder(partition)}/erased-`;

/** `p3/erased-0000000000000500-` and a SHA-256; nothing is in it. */
export const erasureName = ({ partition, before, profile }: Erasure): string =>
  `${erasurePrefix(partition)}${digits(before)}-${profile}`;

/** undefined for what is none. */
export function parseErasureName(name: string): Erasure | undefined {
  const match = /^p(\d{1,6})\/erased-(\d{16})-([0-9a-f]{64})$/.exec(name);
  return match === null ? undefined : { partition: Number(match[1]), before: Number(match[2]), profile: match[3]! };
}
