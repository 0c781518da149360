/** Parts of the questions in which a candidate must not be much worse, however good it is in all: pure. */
import { relativeDifference, type Paired, type RelativeDifference } from './bootstrap.ts';

export interface SegmentedQuestion {
  /** Steps that the models are told of. */
  readonly historyLength: number;
  /** Of the item that is asked for; undefined where nobody has told one. */
  readonly category: string | undefined;
}

export interface SegmentDifference extends RelativeDifference {
  /** Such as `history:cold` or `category:garden`. */
  readonly segment: string;
  readonly questions: number;
}

/** Fewer questions say nothing about a segment. */
export const leastOfSegment = 50;
/** Of the categories those with most questions. */
const mostCategories = 20;

/** Those with enough questions: the lengths of the history first, then the categories with most of them. */
export function compareSegments(
  questions: readonly SegmentedQuestion[],
  paired: Paired,
  seed: number,
): SegmentDifference[] {
  const [lengths, categories] = [new Map<string, number[]>(), new Map<string, number[]>()];
  questions.forEach(({ historyLength, category }, question) => {
    addTo(lengths, `history:${temperatureOf(historyLength)}`, question);
    if (category !== undefined) addTo(categories, `category:${category}`, question);
  });
  return compareParts(new Map([...lengths, ...largestOf(categories)]), paired, seed);
}

/** By name, which questions belong to a part. */
export type Parts = ReadonlyMap<string, readonly number[]>;

export function largestOf(parts: Parts): [string, readonly number[]][] {
  return [...parts]
    .sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1))
    .slice(0, mostCategories);
}

/** Those with enough questions. */
export function compareParts(parts: Parts, paired: Paired, seed: number): SegmentDifference[] {
  return [...parts]
    .filter(([, members]) => members.length >= leastOfSegment)
    .map(([segment, members]) => ({
      segment,
      questions: members.length,
      ...relativeDifference(pick(paired, members), seed),
    }));
}

/** What little is known of a person, or how much. */
function temperatureOf(historyLength: number): 'cold' | 'warm' | 'hot' {
  if (historyLength <= 2) return 'cold';
  return historyLength <= 10 ? 'warm' : 'hot';
}

/** Worse by more than `floor`, and not by chance alone. */
export function isCollapsed({ mean, upper }: RelativeDifference, floor: number): boolean {
  return mean < -floor && upper < 0;
}

export function addTo(segments: Map<string, number[]>, name: string, question: number): void {
  const members = segments.get(name);
  if (members) members.push(question);
  else segments.set(name, [question]);
}

function pick({ candidate, active, profile }: Paired, members: readonly number[]): Paired {
  return {
    candidate: Float64Array.from(members, (question) => candidate[question]!),
    active: Float64Array.from(members, (question) => active[question]!),
    profile: members.map((question) => profile[question]!),
  };
}
