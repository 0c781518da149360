/** Reads and replaces a field of an event by its path in the spec: value, item.category, properties.currency, … */
import type { Draft } from './step.ts';

export interface Field {
  readonly path: string;
  /** undefined where any part of the path is missing. */
  readonly get: (event: Draft) => unknown;
  /** A copy of the event with the field replaced; the path must exist. */
  readonly set: (event: Draft, value: unknown) => Draft;
}

/** `path` as fieldPath of the spec allows it. */
export function createField(path: string): Field {
  const keys = path.split('.');
  return {
    path,
    get: (event) =>
      keys.reduce<unknown>(
        (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
        event,
      ),
    set: (event, value) => replace(event, keys, value) as Draft,
  };
}

function replace(object: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (!isObject(object) || key === undefined) return value;
  return { ...object, [key]: rest.length === 0 ? value : replace(object[key], rest, value) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
