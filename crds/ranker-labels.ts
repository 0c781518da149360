/** Labels of a ranker, whose events must be steps of what the model learns from: of others it never hears. */
import { closest } from './closest.ts';
import { listAt, type Entry } from './entries.ts';
import { givenText, valueAt, type Path, type PlacedError } from './spec-error.ts';

const labelsAt: Path = ['recommend', 'ranker', 'heads', 'propensity'];

/** `features` with the preset merged in. A history that is not there, or of every type, refuses nothing. */
export function labelErrors({ at, data }: Entry, features: readonly Entry[]): PlacedError[] {
  const history = valueAt(data, ['recommend', 'history']);
  const sequence = features.find(({ name }) => name === history)?.data;
  const steps = listAt(sequence, ['sequence', 'events']);
  if (steps.length === 0) return [];
  const known = [...steps, ...listAt(data, ['recommend', 'target'])].filter((type) => typeof type === 'string');
  const types = [...new Set(known)];
  return listAt(data, labelsAt).flatMap((label, index) =>
    listAt(label, ['events']).flatMap((type, place) => {
      if (typeof type !== 'string' || types.includes(type)) return [];
      const suggestion = closest(type, types);
      const allowed = `the name of an event of the history or the target: ${types.join(', ')}`;
      const where = [...at, ...labelsAt, index, 'events', place];
      return [{ at: where, given: givenText(type), allowed, ...(suggestion !== undefined && { suggestion }) }];
    }),
  );
}
