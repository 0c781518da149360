/** What a segment still owes: frames under way to the broker, and ranges of frames that must be sent from the file. */

export interface Range {
  readonly from: number;
  readonly to: number;
  /** What its frames hold. */
  readonly events: number;
}

/** What nobody has delivered yet. */
export interface Waiting {
  readonly events: number;
  readonly bytes: number;
}

export interface Segment {
  readonly name: string;
  /** Where the next frame goes: everything below is on the disk. */
  size: number;
  /** Frames that somebody is delivering from memory. */
  pending: number;
  /** Frames that nobody delivers: they must be read from the file. In the order of writing where it is known. */
  undelivered: Range[];
  /** Ranges that are being delivered from the file. */
  taken: Range[];
  /** No frame is added any more. */
  sealed: boolean;
  damaged: boolean;
}

export function newSegment(name: string, size: number): Segment {
  return { name, size, pending: 0, undelivered: [], taken: [], sealed: false, damaged: false };
}

/** Neighbours grow together, so that an outage of hours is one range a segment. */
export function addUndelivered(segment: Segment, range: Range): void {
  const last = segment.undelivered.at(-1);
  if (last?.to === range.from) segment.undelivered[segment.undelivered.length - 1] = joined(last, range);
  else segment.undelivered.push(range);
}

const joined = (first: Range, second: Range): Range => ({
  from: first.from,
  to: second.to,
  events: first.events + second.events,
});

export function takeRanges(segment: Segment): readonly Range[] {
  segment.taken = segment.undelivered.toSorted((a, b) => a.from - b.from);
  segment.undelivered = [];
  return segment.taken;
}

export function settleRanges(segment: Segment, delivered: boolean): void {
  if (!delivered) segment.undelivered = [...segment.taken, ...segment.undelivered];
  segment.taken = [];
}

export function owes(segment: Segment): boolean {
  return segment.pending > 0 || hasUndelivered(segment);
}

export function hasUndelivered(segment: Segment): boolean {
  return segment.undelivered.length > 0 || segment.taken.length > 0;
}

/** Without the frames that are under way from memory. */
export function waitingIn(segments: Iterable<Segment>): Waiting {
  let events = 0;
  let bytes = 0;
  for (const { undelivered, taken } of segments)
    for (const range of [...undelivered, ...taken]) {
      events += range.events;
      bytes += range.to - range.from;
    }
  return { events, bytes };
}
