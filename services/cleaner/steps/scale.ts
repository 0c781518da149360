/** Writes scaled numbers beside the originals, which sums go on counting. */
import type { LearnedSteps, ScaleStep } from '../../../crds/learned-cleaning.ts';
import { createField } from '../../shared/event-field.ts';
import { typeFilter } from '../../shared/learning/cleaning/observed.ts';
import { applyScale, type Scale } from '../../shared/learning/cleaning/scale.ts';
import { maxAbsolute } from '../../shared/profile/micro.ts';
import { ok } from '../../shared/result.ts';
import type { Draft, Step, StepContext } from '../step.ts';

/** A number that was filled in is scaled too. What is no number any feature could read is left out. */
export function createScaleStep({ scale }: Pick<LearnedSteps, 'scale'>): Step {
  const scalers = scale.map(createScaler);
  if (scalers.length === 0) return ok;
  return (event, context) => {
    const scaled: Record<string, number> = {};
    let [isLearned, isAny] = [false, false];
    for (const { name, method, of } of scalers) {
      const number = of(event, context);
      if (number === undefined) continue;
      scaled[name] = number;
      isAny = true;
      isLearned ||= method !== 'Log';
    }
    if (!isAny) return ok(event);
    const version = isLearned ? context.cleaning?.version : undefined;
    return ok({ ...event, scaled, ...(version !== undefined && { cleanedBy: version }) });
  };
}

interface Scaler extends Pick<ScaleStep, 'name' | 'method'> {
  readonly of: (event: Draft, context: StepContext) => number | undefined;
}

const log: Scale = { method: 'Log' };

function createScaler({ name, field: path, method, events }: ScaleStep): Scaler {
  const field = createField(path);
  const isFor = typeFilter(events);
  const of = (event: Draft, { cleaning, applied }: StepContext): number | undefined => {
    if (!isFor(event.type)) return undefined;
    const value = field.get(event);
    if (typeof value !== 'number') return undefined;
    const scale = method === 'Log' ? log : cleaning?.scale.get(name);
    const scaled = scale === undefined ? Number.NaN : Math.round(applyScale(scale, value) * 1e6) / 1e6 + 0;
    if (scale === undefined) applied?.('unlearned', name);
    if (!(Math.abs(scaled) <= maxAbsolute)) return undefined;
    applied?.('scaled', name);
    return scaled;
  };
  return { name, method, of };
}
