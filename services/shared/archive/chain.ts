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
    for (; at < sorted.length && sorted[at]!.first <= next; at++)
      if (sorted[at]!.last >= (furthest?.last ?? next)) furthest = sorted[at];
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

/** What another segment holds as well. */
export function redundant<S extends Segment>(segments: readonly S[], links: readonly Link<S>[]): S[] {
  const used = new Set(links.map(({ segment }) => segment));
  return segments.filter((segment) => !used.has(segment));
}

function gapBefore({ partition, first }: Segment, next: number): LikenessError {
  return new LikenessError(
    'LogGap',
    `The archive of partition ${partition} ends before offset ${next} and goes on at ${first}: the segments between ` +
      'have been removed by hand. Put them back, or remove the ones before them too.',
  );
}
