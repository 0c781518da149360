/** Finds outliers by what was learned, and tags them, drops them or keeps them aside. */
import type { LearnedSteps, OutlierStep } from '../../../crds/learned-cleaning.ts';
import { createField } from '../../shared/event-field.ts';
import { typeFilter } from '../../shared/learning/cleaning/observed.ts';
import { thresholdOf, type Finding } from '../../shared/learning/cleaning/strangeness.ts';
import { deadLetter, drop, ok, type Result } from '../../shared/result.ts';
import type { Draft, Step, StepContext } from '../step.ts';

type Judge = (event: Draft, context: StepContext) => Result<Draft>;

/** The first step that refuses decides; tags add up. */
export function createOutliersStep({ outliers }: Pick<LearnedSteps, 'outliers'>): Step {
  const judges = outliers.map(createJudge);
  if (judges.length === 0) return ok;
  return (event, context) => {
    let result: Result<Draft> = ok(event);
    for (const judge of judges) {
      if (result.kind !== 'ok') return result;
      result = judge(result.value, context);
    }
    return result;
  };
}

function createJudge(step: OutlierStep): Judge {
  const { name } = step;
  const fields = step.fields.map(createField);
  const isFor = typeFilter(step.events);
  const threshold = thresholdOf(step);
  return (event, { cleaning, applied }) => {
    if (!isFor(event.type)) return ok(event);
    const row = fields.map((field) => numberOf(field.get(event)));
    if (row.every((value) => value === undefined)) return ok(event);
    const find = cleaning?.outliers.get(name);
    if (cleaning === undefined || find === undefined) return (applied?.('unlearned', name), ok(event));
    const finding = find(row, threshold);
    if (finding === undefined) return ok(event);
    applied?.('outlier', name);
    return actOn(event, { step, finding, version: cleaning.version });
  };
}

interface Found {
  readonly step: OutlierStep;
  readonly finding: Finding;
  /** Of the model. */
  readonly version: string;
}

function actOn(event: Draft, { step: { name, action, fields }, finding, version }: Found): Result<Draft> {
  if (action === 'Drop') return drop(name);
  if (action === 'Tag') return ok({ ...event, tags: [...(event.tags ?? []), name], cleanedBy: version });
  const which = finding.at === undefined ? fields.join(', ') : fields[finding.at]!;
  return deadLetter('Outlier', `${name}: ${which}: ${finding.why}, by model ${version}`);
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
