/** One thing that is wrong with a pipeline: where, what was given, what is allowed. */

export type Path = readonly (string | number)[];

export interface SpecError {
  /** `spec.features[2].count.window`; empty for the document as a whole. */
  readonly path: string;
  /** 1 is the first; absent where the document has no such place. */
  readonly line?: number;
  readonly column?: number;
  readonly given: string;
  readonly allowed: string;
  /** What was perhaps meant. */
  readonly suggestion?: string;
}

/** An error whose place is not yet looked up in the text. */
export interface PlacedError extends Omit<SpecError, 'path' | 'line' | 'column'> {
  readonly at: Path;
}

export function pathText(path: Path): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${key}`)).join('');
}

const longest = 100;

/** A value as it is shown to the one who wrote it: JSON, cut short. */
export function givenText(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** The value at a path of plain data; undefined where there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}
