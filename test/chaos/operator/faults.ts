/** What is done to a single write of the operator, and the cases that follow from the writes of a scenario. Pure. */
import { createRandom } from '../random.ts';

export const scenarios = ['create', 'update', 'retrain', 'delete'] as const;
export type Scenario = (typeof scenarios)[number];

/**
 * `before`: the API server never sees the write; `after`: it has done it, and the operator does not hear so.
 * The watches of what is written are late for a while (`silent`), end with 410, or begin again with what was long ago.
 */
export const faults = [
  'kill before',
  'kill after',
  'conflict before',
  'conflict after',
  'error after',
  'unavailable before',
  'cut before',
  'cut after',
  'cut after, silent',
  'watch silent',
  'watch expired',
  'watch replayed',
] as const;
type Fault = (typeof faults)[number];

export interface Case {
  readonly scenario: Scenario;
  readonly write: string;
  readonly occurrence: number;
  readonly fault: Fault;
}

export const caseName = ({ scenario, write, occurrence, fault }: Case): string =>
  `${scenario}: ${fault} ${write} #${occurrence}`;

/** Nobody watches these. */
const unwatched = / (?:leases|events)\//;

/** `counts`: by name of the write, how often each run of the scenario makes it at least. */
export function casesOf(scenario: Scenario, counts: ReadonlyMap<string, number>): Case[] {
  return [...counts].flatMap(([write, count]) =>
    Array.from({ length: count }, (_, index) => index + 1).flatMap((occurrence) =>
      faults
        .filter((fault) => !(/watch|silent/.test(fault) && unwatched.test(write)))
        .map((fault) => ({ scenario, write, occurrence, fault })),
    ),
  );
}

/** So many of the cases, chosen by the seed, in the order in which they were given. */
export function chosen(cases: readonly Case[], fraction: number, seed: number): Case[] {
  const random = createRandom(seed);
  const wanted = Math.min(cases.length, Math.ceil(cases.length * fraction));
  let left = wanted;
  return cases.filter((_, index) => {
    const isTaken = random.next() * (cases.length - index) < left;
    if (isTaken) left--;
    return isTaken;
  });
}

/** One case of each scenario in one life of a pipeline, as far as there are any. */
export type Life = Readonly<Partial<Record<Scenario, Case>>>;

export function livesOf(cases: readonly Case[]): Life[] {
  const by = Object.fromEntries(
    scenarios.map((scenario) => [scenario, cases.filter((each) => each.scenario === scenario)]),
  ) as Record<Scenario, Case[]>;
  const length = Math.max(0, ...Object.values(by).map((some) => some.length));
  return Array.from({ length }, (_, index) =>
    Object.fromEntries(
      scenarios.flatMap((scenario) => {
        const found = by[scenario][index];
        return found === undefined ? [] : [[scenario, found]];
      }),
    ),
  );
}
