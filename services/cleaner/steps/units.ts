/** Converts numbers to the unit that the spec names, by the factor of the unit that the event names. */
import type { CleanerSlice } from '../../../crds/slices.ts';
import { createField, type EventField } from '../../shared/event-field.ts';
import { deadLetter, ok } from '../../shared/result.ts';
import type { Draft, Step } from '../step.ts';
import { maxValue } from './values.ts';

interface Conversion {
  readonly field: EventField;
  readonly unitField: EventField;
  readonly unit: string;
  readonly factors: ReadonlyMap<string, number>;
}

/**
 * An event without its unit is taken to be in the spec's. After conversion the event names the spec's unit, so that a
 * clean event never contradicts itself. All units are read before any is written: two numbers may share a unit field.
 */
export function createUnitsStep({ normalise }: Pick<CleanerSlice['cleaning'], 'normalise'>): Step {
  const conversions = normalise.flatMap(conversionOf);
  return (event) => {
    let clean = event;
    for (const conversion of conversions) {
      const factor = factorOf(conversion, event);
      if (factor === undefined) return unknownUnit(conversion, event);
      const value = conversion.field.get(clean);
      if (factor === 1 || typeof value !== 'number') continue;
      const converted = round6(value * factor);
      if (Math.abs(converted) > maxValue)
        return deadLetter('ValueOutOfRange', `${conversion.field.path} is ${converted} ${conversion.unit}`);
      clean = conversion.field.set(clean, converted);
      clean = conversion.unitField.set(clean, conversion.unit);
    }
    return ok(clean);
  };
}

function conversionOf({
  field,
  unit,
  unitField,
  factors,
}: CleanerSlice['cleaning']['normalise'][number]): Conversion[] {
  if (unit === undefined || unitField === undefined) return [];
  const known = (factors ?? []).map(({ unit: from, factor }) => [from, Number(factor)] as const);
  return [
    { field: createField(field), unitField: createField(unitField), unit, factors: new Map([...known, [unit, 1]]) },
  ];
}

/** 1 where there is nothing to convert; undefined for a unit that the spec does not list. */
function factorOf({ field, unitField, factors }: Conversion, event: Draft): number | undefined {
  const unit = unitField.get(event);
  if (unit === undefined || unit === null || unit === '' || typeof field.get(event) !== 'number') return 1;
  return typeof unit === 'string' ? factors.get(unit) : undefined;
}

function unknownUnit({ field, unitField, unit, factors }: Conversion, event: Draft) {
  const given = JSON.stringify(unitField.get(event))?.slice(0, 100);
  const allowed = [...factors.keys()].join(', ');
  return deadLetter('UnknownUnit', `${field.path} is in ${given} by ${unitField.path}; into ${unit} go: ${allowed}`);
}

/** Sums count millionths; finer digits of a product are noise of the factor. */
const round6 = (value: number): number => Math.round(value * 1e6) / 1e6;
