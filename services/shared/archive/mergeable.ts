/** Which of the newest segments of a partition become one: little traffic must not leave files without number. Pure. */
import type { StoredSegment } from '../archive.ts';
import type { Link } from './chain.ts';

/** So many at least: each merge writes them all again. */
const fewest = 12;
/** Compressed; some ten times as much as lines. */
const mostBytes = 4 * 1024 * 1024;
/** Retention removes whole segments, so one must not reach over a long time. */
const longestMs = 86_400_000;

/** The longest run at the end of the chain that fits into one segment; none where it is too short to be worth it. */
export function mergeable(links: readonly Link<StoredSegment>[]): readonly Link<StoredSegment>[] {
  const newest = Math.max(...links.map(({ segment }) => segment.maxTime));
  let bytes = 0;
  let start = links.length;
  while (start > 0) {
    const { segment } = links[start - 1]!;
    bytes += segment.bytes;
    if (bytes > mostBytes || newest - segment.maxTime > longestMs) break;
    start--;
  }
  return links.length - start < fewest ? [] : links.slice(start);
}
