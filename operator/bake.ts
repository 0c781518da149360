/** Whether a trial may end well: it has lasted for its time, and enough was seen of it. Silence is no success. Pure. */
import type { TrialEvidence } from './alarms.ts';

export interface BakeInput {
  /** Milliseconds since 1970, as `begun`. */
  readonly now: number;
  readonly begun: number;
  readonly bakeMs: number;
  readonly policy: 'Auto' | 'Manual';
  /** So many answers or questions prove a model; 0: time alone does. */
  readonly minAnswers: number;
  readonly evidence: TrialEvidence;
}

export type Bake =
  | { readonly isOver: true; readonly why: string }
  | {
      readonly isOver: false;
      /** What is awaited, for a person. */
      readonly awaits: string;
      /** When the clock alone changes that; undefined: never, and a person is asked. */
      readonly until: number | undefined;
    };

/** After `bakeTime` so long is waited for a shop that is asked little: a night without customers, and the day after it. */
export const patienceMs = 86_400_000;

export function lookAtBake(input: BakeInput): Bake {
  const { now, begun, bakeMs, minAnswers, evidence, policy } = input;
  const baked = begun + bakeMs;
  const proven = `${minAnswers} answers or questions (minAnswers)`;
  if (now < baked) {
    const more = minAnswers > 0 ? `, and until there are ${proven}` : '';
    return { isOver: false, awaits: `until ${iso(baked)}${more}`, until: baked };
  }
  if (isProven(evidence, minAnswers))
    return { isOver: true, why: `its trial went well${minAnswers > 0 ? `, with ${counted(evidence)}` : ''}` };
  const late = `its bakeTime was over at ${iso(baked)}, but ${proven} are awaited`;
  if (now < baked + patienceMs) return { isOver: false, awaits: waiting(input, late), until: baked + patienceMs };
  const few = `since ${iso(begun)} there were ${counted(evidence)}`;
  if (policy === 'Auto' && evidence.answers > 0)
    return { isOver: true, why: `${few}, fewer than ${minAnswers} (minAnswers), but nothing spoke against it` };
  const awaits = `${few}, and ${proven} are awaited: look at whether serving is asked, or decide by likeness promote`;
  return { isOver: false, awaits, until: undefined };
}

/** Questions alone do not: whoever asks them is not who serves, and serving may be unable to open the model. */
function isProven({ answers, questions }: TrialEvidence, minAnswers: number): boolean {
  return answers >= minAnswers || (answers > 0 && questions >= minAnswers);
}

function waiting({ begun, bakeMs, policy }: BakeInput, late: string): string {
  const end = iso(begun + bakeMs + patienceMs);
  if (policy === 'Manual') return `${late}; from ${end} on a person is asked`;
  return `${late}; at ${end} fewer will do, but not without any answer`;
}

const iso = (time: number): string => new Date(time).toISOString();

const counted = ({ answers, questions }: TrialEvidence): string => `${answers} answers and ${questions} questions`;
