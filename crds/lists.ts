/** Lists as Kubernetes merges them: maps by name, sets, and ordered lists that are replaced as a whole. */
import { z } from 'zod';

export const eachNameOnce = 'each name once in this list';

/** Entries with a `name`, each name once. */
export function namedList<Item extends z.ZodType<{ name: string }>>(item: Item, maxItems: number) {
  return z
    .array(item)
    .max(maxItems)
    .superRefine((entries, context) => {
      for (const index of repeated(entries.map(({ name }) => name)))
        context.addIssue({ code: 'custom', message: eachNameOnce, path: [index, 'name'] });
    })
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] });
}

/** Scalars, each once. */
export function setOf<Item extends z.ZodType<string>>(item: Item, maxItems: number, minItems = 0) {
  return z
    .array(item)
    .min(minItems)
    .max(maxItems)
    .superRefine((entries, context) => {
      for (const index of repeated(entries))
        context.addIssue({ code: 'custom', message: 'each entry once in this list', path: [index] });
    })
    .meta({ 'x-kubernetes-list-type': 'set' });
}

/** Scalars whose order says something. */
export function orderedList<Item extends z.ZodType>(item: Item, maxItems: number, minItems = 0) {
  return z.array(item).min(minItems).max(maxItems).meta({ 'x-kubernetes-list-type': 'atomic' });
}

function repeated(values: readonly string[]): number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}
