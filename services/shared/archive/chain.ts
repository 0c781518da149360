/** The segments of a partition that are read, and from which offset each: a cover without a gap, each offset once. Pure. */
import type { Extent, Segment } from '../archive.ts';
import { LikenessError } from '../errors.ts';

export interface Link<S extends Segment> {
  readonly segment: S;
  /** Offsets of it below this one are an earlier link's. */
  readonly from: number;
}

/**
 * `segments` of one partition, in any order. Where two overlap, which two writers or a broken-off merge leave behind, the
 * one that reaches further is taken: both hold the same records. Throws `LogGap` where offsets are missing between two.
 */
export function chainOf<S extends Segment>(segments: readonly S[]): Link<S>[] {
  const sorted = segments.toSorted((a, b) => a.first - b.first);
  const links: Link<S>[] = [];
  let next = sorted[0]?.first ?? 0;
  for (let at = 0; at < sorted.length;) {
    let furthest: S | undefined;
    for (; at < sorted.length && sorted[at]!.first <= next; at++) {
      const segment = sorted[at]!;
      if (segment.last >= next && (furthest === undefined || preference(segment, furthest) < 0)) furthest = segment;
    }
    if (furthest !== undefined) {
      links.push({ segment: furthest, from: next });
      next = furthest.last + 1;
    } else if (at < sorted.length) throw gapBefore(sorted[at]!, next);
  }
  return links;
}

export function extentOf(links: readonly Link<Segment>[]): Extent {
  const [first, last] = [links[0], links.at(-1)];
  return first && last ? { from: first.from, to: last.segment.last + 1 } : { from: 0, to: 0 };
}

/**
 * What one other segment holds as a whole. Of any two all agree on which one stays, so that who removes what is redundant
 * by an old list, beside others who do so too, leaves each offset somewhere.
 */
export function redundant<S extends Segment>(segments: readonly S[]): S[] {
  const largestFirst = segments.toSorted((a, b) => a.first - b.first || preference(a, b));
  let reach = -1;
  return largestFirst.filter(({ last }) => {
    if (last <= reach) return true;
    reach = last;
    return false;
  });
}

/** Negative: `a`. The one that reaches further; of one range the one with records, then the one that is purged the most. */
function preference(a: Segment, b: Segment): number {
  const [one, other] = [a.purged ?? '', b.purged ?? ''];
  return b.last - a.last || b.maxTime - a.maxTime || (one > other ? -1 : Number(one < other));
}

function gapBefore({ partition, first }: Segment, next: number): LikenessError {
  return new LikenessError(
    'LogGap',
    `The archive of partition ${partition} ends before offset ${next} and goes on at ${first}: the segments between ` +
      'have been removed by hand. Put them back, or remove the ones before them too.',
  );
}
