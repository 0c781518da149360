/** Normalises text: trims, lowers case, composes characters, collapses spaces, in the order that the spec lists. */
import type { CleanerSlice } from '../../../crds/slices.ts';
import { createField } from '../../shared/event-field.ts';
import { ok } from '../../shared/result.ts';
import type { Step } from '../step.ts';

type Operation = NonNullable<CleanerSlice['cleaning']['normalise'][number]['text']>[number];

const operations: Readonly<Record<Operation, (text: string) => string>> = {
  Trim: (text) => text.trim(),
  Lowercase: (text) => text.toLowerCase(),
  NFKC: (text) => text.normalize('NFKC'),
  CollapseSpaces: (text) => text.replace(/\s+/gu, ' '),
};

/** A field that is no text is left as it is. */
export function createTextStep({ normalise }: Pick<CleanerSlice['cleaning'], 'normalise'>): Step {
  const fields = normalise.flatMap(({ field, text }) =>
    text === undefined ? [] : [{ field: createField(field), change: text.map((name) => operations[name]) }],
  );
  return (event) => {
    let clean = event;
    for (const { field, change } of fields) {
      const text = field.get(clean);
      if (typeof text !== 'string') continue;
      const changed = change.reduce((value, operation) => operation(value), text);
      if (changed !== text) clean = field.set(clean, changed);
    }
    return ok(clean);
  };
}
