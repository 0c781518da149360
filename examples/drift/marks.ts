/** What happened on the way, from the pipeline's own logs. Pure. */

export const markKinds = ['change', 'verdict', 'training', 'gate', 'canary', 'active', 'rollback'] as const;
export type MarkKind = (typeof markKinds)[number];

export interface Mark {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly kind: MarkKind;
  readonly text: string;
  /** Of a model that is announced for all. */
  readonly version?: string;
}

interface Entry {
  readonly time?: number;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

/** Of one line of a log; undefined: it is about something else. */
export function markOf(line: string): Mark | undefined {
  const entry = parse(line);
  if (entry?.time === undefined || entry.msg === undefined) return undefined;
  if (Object.hasOwn(readers, entry.msg)) return { time: entry.time, ...readers[entry.msg]!(entry) };
  return entry.msg.includes(takenBack) ? { time: entry.time, kind: 'rollback', text: entry.msg } : undefined;
}

/** In what the pipeline says of a model on trial that an alarm was raised about. */
const takenBack = ' was taken back while it was on trial: ';

const readers: Readonly<Record<string, (entry: Entry) => Omit<Mark, 'time'>>> = {
  drift: ({ verdict }) => ({ kind: 'verdict', text: textOfVerdict(verdict as Verdict) }),
  training: ({ trigger, since }) => ({
    kind: 'training',
    text: `${String(trigger)}${typeof since === 'number' ? `, from what came since ${clockTime(since)}` : ''}`,
  }),
  'candidate judged': ({ version, verdict, reasons }) => ({
    kind: 'gate',
    text: `${String(verdict)}: ${String(version)}: ${(reasons as string[]).join('; ')}`,
  }),
  'model announced': ({ version, canaryPercent }) =>
    Number(canaryPercent) < 100
      ? { kind: 'canary', text: `${String(version)} answers ${String(canaryPercent)}% of the profiles` }
      : { kind: 'active', text: `${String(version)} answers all profiles`, version: String(version) },
};

interface Verdict {
  readonly detector: string;
  readonly feature: string;
  readonly score: number;
  readonly before?: number;
  readonly changedAt?: number;
}

function textOfVerdict({ detector, feature, score, before, changedAt }: Verdict): string {
  const rates =
    before === undefined ? `is ${score.toFixed(2)}` : `misses went from ${percent(before)} to ${percent(score)}`;
  return `${detector} of ${feature}: ${rates}${changedAt === undefined ? '' : `, since about ${clockTime(changedAt)}`}`;
}

const percent = (share: number): string => `${Math.round(100 * share)}%`;
const clockTime = (time: number): string => new Date(time).toISOString().slice(11, 19);

function parse(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    return undefined;
  }
}

/** The steps by which a pipeline follows a change, in this order; a trial that was under way before ends among them. */
export const followingKinds = ['change', 'verdict', 'training', 'gate', 'canary', 'active'] as const;

/**
 * The first of each kind that comes after the one before it, of models that were trained by then; shorter where a step has
 * not come yet.
 */
export function followingSteps(marks: readonly Mark[]): Mark[] {
  const steps: Mark[] = [];
  for (const mark of marks) {
    const training = steps[followingKinds.indexOf('training')];
    const isOlder = training !== undefined && trainedIn(mark.text) < secondOf(training.time);
    if (mark.kind === followingKinds[steps.length] && !isOlder) steps.push(mark);
  }
  return steps;
}

const secondOf = (time: number): number => Math.floor(time / 1000) * 1000;

/** Milliseconds since 1970, of the version that the text names; Infinity where it names none. */
function trainedIn(text: string): number {
  const [, day, time] = /-(\d{4}\d\d\d\d)T(\d{6})-/.exec(text) ?? [];
  if (day === undefined || time === undefined) return Infinity;
  const [date, clock] = [day.replace(/(....)(..)(..)/, '$1-$2-$3'), time.replace(/(..)(..)(..)/, '$1:$2:$3')];
  return Date.parse(`${date}T${clock}Z`);
}
