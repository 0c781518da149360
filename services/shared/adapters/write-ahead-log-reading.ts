/** Reading a write-ahead log's segments: what an earlier run has left, and the frames of known ranges. */
import type { LogFolder } from './write-ahead-log-folder.ts';
import { sequenceOf } from './write-ahead-log-folder.ts';
import { decodeFrames, segmentHeader } from './write-ahead-log-frames.ts';
import { newSegment, type Range, type Segment } from './write-ahead-log-segment.ts';

export type EventsIn = (payload: Buffer) => number;
type Report = (segment: Pick<Segment, 'name'>, problem: string) => void;

/** Oldest first. A torn tail was never confirmed to anybody and is passed over; a file without a frame is removed. */
export async function recoverSegments(folder: LogFolder, report: Report, eventsIn: EventsIn) {
  const segments: Segment[] = [];
  let lastSequence = 0;
  for (const { name, size } of await folder.list()) {
    lastSequence = sequenceOf(name);
    const segment = await recoverSegment(folder, { name, size }, eventsIn);
    if (segment.damaged) report(segment, 'part of it is damaged, the file is set aside once the rest is delivered');
    if (segment.undelivered.length > 0) segments.push(segment);
    else await (segment.damaged ? folder.setAside(name) : folder.remove(name));
  }
  return { segments, lastSequence };
}

async function recoverSegment(
  folder: LogFolder,
  { name, size }: { readonly name: string; readonly size: number },
  eventsIn: EventsIn,
): Promise<Segment> {
  const bytes = await folder.read(name, 0, size);
  const segment = newSegment(name, size);
  segment.sealed = true;
  const frames = decodeFrames(bytes, segmentHeader.length);
  let next = 0;
  segment.undelivered = frames.ranges.map(({ from, to, frames: count }) => {
    const payloads = frames.payloads.slice(next, (next += count));
    return { from, to, events: payloads.reduce((sum, payload) => sum + eventsIn(payload), 0) };
  });
  const headerIsWhole = bytes.subarray(0, segmentHeader.length).equals(segmentHeader);
  segment.damaged = frames.damaged || (!headerIsWhole && bytes.length > segmentHeader.length);
  return segment;
}

/** Frames that were whole when they were written; what is damaged since is reported and left out. */
export async function readFrames(
  folder: LogFolder,
  segment: Segment,
  ranges: readonly Pick<Range, 'from' | 'to'>[],
  report: Report,
) {
  const payloads: Buffer[] = [];
  for (const { from, to } of ranges) {
    const frames = decodeFrames(await folder.read(segment.name, from, to));
    payloads.push(...frames.payloads);
    if (frames.ranges.length === 1 && frames.ranges[0]!.from === 0 && frames.ranges[0]!.to === to - from) continue;
    segment.damaged = true;
    report(segment, `bytes ${from} to ${to} are damaged, the file is set aside once the rest is delivered`);
  }
  return payloads;
}
