/** Parts of the examples in which a classifier must not be much worse, however good it is in all. Pure. */
import { categoryOf, type Field } from '../classify/rows.ts';
import type { Example } from '../point-in-time/example.ts';
import { addTo, largestOf, type Parts } from './segments.ts';

/** By how much is known of the profile, and by each category that a feature has. */
export function partsOfExamples(examples: readonly Example[], fields: readonly Field[]): Parts {
  const [amounts, categories] = [new Map<string, number[]>(), new Map<string, number[]>()];
  const categorical = fields.filter(({ kind }) => kind === 'category');
  examples.forEach(({ values }, example) => {
    addTo(amounts, `features:${amountKnown(values, fields)}`, example);
    for (const { name } of categorical) {
      const category = categoryOf(values[name]);
      if (category !== undefined) addTo(categories, `${name}:${category}`, example);
    }
  });
  return new Map([...amounts, ...largestOf(categories)]);
}

/** Of how many features the value says something: that nothing was counted says little. */
function amountKnown(values: Example['values'], fields: readonly Field[]): 'few' | 'some' | 'many' {
  const share = fields.filter(({ name }) => saysSomething(values[name])).length / fields.length;
  if (share <= 1 / 3) return 'few';
  return share <= 2 / 3 ? 'some' : 'many';
}

function saysSomething(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== 0 && value !== '';
}
