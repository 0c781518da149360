/** What serving's pods report of trials, added up. What a pod wrote is not to be trusted: anything else is nothing. Pure. */
import { z } from 'zod';
import { answerSeconds, type ArmFigures, type TrialFigures } from '../../../services/shared/trial-figures.ts';

const count = z.int().min(0);
const armSchema = z.object({
  answers: count,
  errors: count,
  seconds: z.array(count).length(answerSeconds.length + 1),
});
const figuresSchema = z.array(z.object({ model: z.string(), generation: count, canary: armSchema, stable: armSchema }));

/** `data`: by pod, JSON of its figures. undefined: none of them has counted this trial. */
export function trialFiguresIn(
  data: Readonly<Record<string, string>> | undefined,
  model: string,
  generation: number,
): TrialFigures | undefined {
  const own = Object.values(data ?? {})
    .flatMap(figuresOf)
    .filter((figures) => figures.model === model && figures.generation === generation);
  if (own.length === 0) return undefined;
  const sum = (arm: 'canary' | 'stable'): ArmFigures => own.map((figures) => figures[arm]).reduce(added);
  return { model, generation, canary: sum('canary'), stable: sum('stable') };
}

function figuresOf(text: string): readonly TrialFigures[] {
  try {
    return figuresSchema.safeParse(JSON.parse(text)).data ?? [];
  } catch {
    return [];
  }
}

function added(a: ArmFigures, b: ArmFigures): ArmFigures {
  return {
    answers: a.answers + b.answers,
    errors: a.errors + b.errors,
    seconds: a.seconds.map((value, bin) => value + b.seconds[bin]!),
  };
}
