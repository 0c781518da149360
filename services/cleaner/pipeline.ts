/** The steps in their order. To add one: a file in steps/, a line here. */
import type { CleanerSlice } from '../../crds/slices.ts';
import { deadLetter, type Result } from '../shared/result.ts';
import type { Draft, Step, StepContext } from './step.ts';
import { createBotsStep } from './steps/bots.ts';
import { createEventTypeStep } from './steps/event-type.ts';
import { createImputeStep } from './steps/impute.ts';
import { createItemStep } from './steps/item.ts';
import { createOutliersStep } from './steps/outliers.ts';
import { createParseStep } from './steps/parse.ts';
import { createRequiredStep } from './steps/required.ts';
import { createRulesStep } from './steps/rules.ts';
import { createScaleStep } from './steps/scale.ts';
import { createTextStep } from './steps/text.ts';
import { createTimesStep } from './steps/times.ts';
import { createUnitsStep } from './steps/units.ts';
import { createValuesStep } from './steps/values.ts';

interface Parsed {
  /** The event as it came in; undefined if the line is no event. Never changed. */
  readonly sent: Draft | undefined;
  readonly result: Result<Draft>;
}

export type Pipeline = (line: string, context: StepContext) => Parsed;

const stepsOf = (spec: CleanerSlice): readonly Step[] => [
  createEventTypeStep(spec),
  createRequiredStep(spec),
  createTimesStep(spec.cleaning),
  createValuesStep(),
  createBotsStep(spec.cleaning),
  createRulesStep(spec.cleaning),
  createUnitsStep(spec.cleaning),
  createTextStep(spec.cleaning),
  createItemStep(),
  // Judged as it was sent; only then is anything filled in.
  createOutliersStep(spec.cleaning),
  createImputeStep(spec.cleaning),
  createScaleStep(spec.cleaning),
];

/** Never throws: an event that makes a step throw would come again for ever, so it is kept aside as Poison. */
export function createPipeline(spec: CleanerSlice): Pipeline {
  const parse = createParseStep();
  const steps = stepsOf(spec);
  return (line, context) => {
    const parsed = parse(line);
    if (parsed.kind !== 'ok') return { sent: undefined, result: parsed };
    try {
      return { sent: parsed.value, result: runSteps(steps, parsed, context) };
    } catch (error) {
      return {
        sent: parsed.value,
        result: deadLetter('Poison', error instanceof Error ? error.message : String(error)),
      };
    }
  };
}

function runSteps(steps: readonly Step[], parsed: Result<Draft>, context: StepContext): Result<Draft> {
  let result = parsed;
  for (const step of steps) {
    if (result.kind !== 'ok') return result;
    result = step(result.value, context);
  }
  return result;
}
