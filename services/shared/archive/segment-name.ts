/** The names of segments: in order of their offsets, and telling all that must be known before one is opened. Pure. */
import type { Segment } from '../archive.ts';

/** Folder of a stream's archive, below whatever the store begins with: `{namespace}.{pipeline}/{stream}.e{epoch}`. */
export const placeOf = ({ pipeline, stream, epoch }: { pipeline: string; stream: string; epoch: number }): string =>
  `${pipeline}/${stream}.e${epoch}`;

export const partitionFolder = (partition: number): string => `p${partition}`;

/** `p3/0000000000000500-0000000000000999-1731234567890.parquet` */
export function segmentName({ partition, first, last, maxTime }: Segment): string {
  return `${partitionFolder(partition)}/${digits(first)}-${digits(last)}-${maxTime}.parquet`;
}

/** As many as the largest offset has. */
const digits = (offset: number): string => String(offset).padStart(16, '0');

/** undefined for what is none: a draft, or somebody else's. */
export function parseSegmentName(name: string): Segment | undefined {
  const match = /^p(\d{1,6})\/(\d{16})-(\d{16})-(\d{1,16})\.parquet$/.exec(name);
  if (match === null) return undefined;
  const [partition, first, last, maxTime] = match.slice(1).map(Number) as [number, number, number, number];
  return first <= last ? { partition, first, last, maxTime } : undefined;
}
