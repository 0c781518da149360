/** All cases, or a part of them: record what is undisturbed, disturb one write after another, compare. */
import { describeError } from '../../../services/shared/errors.ts';
import { startOperatorBed, type Brokers, type OperatorBed } from './bed.ts';
import { caseName, casesOf, chosen, livesOf, scenarios, type Case, type Life, type Scenario } from './faults.ts';
import { ShopLife, type Played } from './shop-life.ts';
import { differences } from './snapshot.ts';

export interface OperatorChaosOptions {
  readonly seed: number;
  /** Of the cases, from 0 to 1. */
  readonly fraction: number;
  readonly only?: Scenario;
  /** Only cases with this in their names. */
  readonly match?: string;
  /** Lives at a time. */
  readonly atOnce: number;
  readonly brokers: Brokers;
  readonly tell: (what: string) => void;
}

interface CaseOutcome {
  readonly name: string;
  readonly seconds: number;
  readonly isReached: boolean;
  readonly problems: readonly string[];
}

export interface OperatorChaosReport {
  readonly cases: number;
  readonly passed: number;
  /** Cases whose write never came, however often they were tried. */
  readonly notReached: number;
  /** What is not as in an undisturbed run, by case, and cases whose write had to come and did not. */
  readonly failures: readonly CaseOutcome[];
  readonly seed: number;
  readonly seconds: number;
  /** By scenario: writes that every undisturbed run makes. */
  readonly writes: Readonly<Partial<Record<Scenario, number>>>;
  /** Cases that there are in all. */
  readonly of: number;
  /** Of the operators. */
  readonly logs: string;
}

/**
 * Whether a pass sees pods between two states, and says so by a status or an Event, is up to time, so these may not come;
 * every other write must.
 */
const ofPassingStates = /: [a-z, ]+ (POST events\/|PATCH profilepipelines\/shop\/status )/;

export const isSound = ({ cases, failures }: OperatorChaosReport): boolean => cases > 0 && failures.length === 0;

type Recording = Readonly<Record<Scenario, Played>>;

const recordings = 2;
const triesToReach = 3;

export async function runOperatorChaos(options: OperatorChaosOptions): Promise<OperatorChaosReport> {
  const begun = Date.now();
  const bed = await startOperatorBed(options.brokers);
  try {
    const recorded = await record(bed);
    const wanted = scenarios.filter((scenario) => options.only === undefined || scenario === options.only);
    const counts = new Map(wanted.map((scenario) => [scenario, leastCounts(recorded, scenario)]));
    const all = [...counts]
      .flatMap(([scenario, found]) => casesOf(scenario, found))
      .filter((of) => caseName(of).includes(options.match ?? ''));
    const outcomes = await disturb(bed, { ...options, recording: recorded[0]!, all });
    const notReached = outcomes.filter(({ isReached, problems }) => !isReached && problems.length === 0);
    const missed = notReached.filter(({ name }) => !ofPassingStates.test(name));
    const failures = [...outcomes.filter(({ problems }) => problems.length > 0), ...missed];
    return {
      cases: outcomes.length,
      passed: outcomes.filter(({ isReached, problems }) => isReached && problems.length === 0).length,
      notReached: notReached.length,
      failures,
      seed: options.seed,
      seconds: Math.round((Date.now() - begun) / 1000),
      writes: Object.fromEntries([...counts].map(([scenario, found]) => [scenario, sum([...found.values()])])),
      of: all.length,
      logs: bed.folder,
    };
  } finally {
    await bed.stop();
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Undisturbed runs, which must be alike themselves. */
async function record(bed: OperatorBed): Promise<Recording[]> {
  const runs = await Promise.all(
    Array.from({ length: recordings }, (_, index) => recordOne(bed, `chaos-rec-${index}`)),
  );
  for (const scenario of scenarios) {
    const unlike = differences(runs[0]![scenario].snapshot, runs[1]![scenario].snapshot);
    if (unlike.length > 0) throw new Error(`Undisturbed, ${scenario} has two outcomes:\n${unlike.join('\n')}`);
  }
  return runs;
}

async function recordOne(bed: OperatorBed, namespace: string): Promise<Recording> {
  const life = await ShopLife.begin(bed, namespace);
  try {
    const played: Partial<Record<Scenario, Played>> = {};
    for (const scenario of scenarios) {
      played[scenario] = await life.play(scenario);
      const problems = [...played[scenario].problems, ...(scenario === 'delete' ? [] : await life.restart())];
      if (problems.length > 0)
        throw new Error(
          `Undisturbed, ${scenario} went wrong in ${namespace} (logs in ${bed.folder}):\n${problems.join('\n')}`,
        );
    }
    return played as Recording;
  } finally {
    await life.end();
  }
}

/** By name of the write: how often each run makes it at least. */
function leastCounts(runs: readonly Recording[], scenario: Scenario): Map<string, number> {
  const [first, ...others] = runs.map((run) => counted(run[scenario].writes));
  const least = [...first!].map(([name, count]) => [name, Math.min(count, ...others.map((of) => of.get(name) ?? 0))]);
  return new Map(least as [string, number][]);
}

function counted(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

interface Disturbing extends OperatorChaosOptions {
  readonly recording: Recording;
  readonly all: readonly Case[];
}

async function disturb(bed: OperatorBed, options: Disturbing): Promise<CaseOutcome[]> {
  const { all, fraction, seed, atOnce, tell } = options;
  const cases = chosen(all, fraction, seed);
  const waiting = livesOf(cases);
  const outcomes: CaseOutcome[] = [];
  const tries = new Map<Case, number>();
  let lives = 0;
  const finish = (of: Case, outcome: CaseOutcome): void => {
    const attempt = (tries.get(of) ?? 0) + 1;
    tries.set(of, attempt);
    const again = !outcome.isReached && outcome.problems.length === 0 && attempt < triesToReach;
    if (again) return void waiting.push({ [of.scenario]: of });
    outcomes.push(outcome);
    const verdict = outcome.problems.length > 0 ? 'FAILED' : outcome.isReached ? 'passed' : 'NOT REACHED';
    tell(`${outcomes.length} of ${cases.length} ${outcome.name}: ${verdict}, ${outcome.seconds} s`);
    for (const problem of outcome.problems) tell(`  ${problem.slice(0, 2000)}`);
  };
  const work = async (): Promise<void> => {
    for (let life = waiting.shift(); life !== undefined; life = waiting.shift()) {
      const rest = await live(bed, {
        life,
        namespace: `chaos-${String(++lives).padStart(4, '0')}`,
        ...options,
        finish,
      });
      if (Object.keys(rest).length > 0) waiting.push(rest);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcomes;
}

interface Living {
  readonly life: Life;
  readonly namespace: string;
  readonly recording: Recording;
  readonly finish: (of: Case, outcome: CaseOutcome) => void;
}

/** Plays as far as its last case; resolves with the cases that a failure before them kept from their turn. */
async function live(bed: OperatorBed, { life, namespace, recording, finish }: Living): Promise<Life> {
  const shop = await ShopLife.begin(bed, namespace);
  const left = new Map(Object.entries(life) as [Scenario, Case][]);
  try {
    for (const scenario of scenarios) {
      const hit = left.get(scenario);
      left.delete(scenario);
      const outcome = await outcomeOf(shop, {
        scenario,
        hit,
        wanted: recording[scenario].snapshot,
        isLast: left.size === 0,
      });
      const isWell = outcome.problems.length === 0;
      const named = { ...outcome, name: `${outcome.name} (${namespace})` };
      // Where nothing was disturbed, and something is wrong: the cases that are left are told of it.
      for (const of of hit ? [hit] : isWell ? [] : left.values()) finish(of, named);
      if (hit === undefined && !isWell) return {};
      if (left.size === 0 || !isWell) break;
    }
  } finally {
    await shop.end();
  }
  return Object.fromEntries(left);
}

async function outcomeOf(
  shop: ShopLife,
  {
    scenario,
    hit,
    wanted,
    isLast,
  }: { scenario: Scenario; hit: Case | undefined; wanted: readonly string[]; isLast: boolean },
): Promise<CaseOutcome> {
  const begun = Date.now();
  const played = await shop
    .play(scenario, hit, wanted)
    .catch((error: unknown) => ({ isReached: true, problems: [describeError(error)] }));
  const problems = [...played.problems];
  // Starting costs; that it goes well after a create alone is seen when that is recorded.
  if (problems.length === 0 && isLast && (scenario === 'update' || scenario === 'retrain'))
    problems.push(...(await shop.restart()));
  const name = hit === undefined ? `${scenario}: undisturbed` : caseName(hit);
  return { name, seconds: Math.round((Date.now() - begun) / 100) / 10, isReached: played.isReached, problems };
}
