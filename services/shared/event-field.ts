/** Reads and replaces a field of an event by its path in the spec: value, item.category, properties.currency, … */

export interface EventField {
  readonly path: string;
  /** undefined where any part of the path is missing. */
  readonly get: (event: object) => unknown;
  /** A copy of the event with the field replaced; what is missing of the path is made. */
  readonly set: <Event extends object>(event: Event, value: unknown) => Event;
}

/** `path` as fieldPath of the spec allows it. */
export function createField(path: string): EventField {
  const keys = path.split('.');
  return {
    path,
    get: (event) =>
      keys.reduce<unknown>(
        (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
        event,
      ),
    set: <Event extends object>(event: Event, value: unknown) => replace(event, keys, value) as Event,
  };
}

function replace(object: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  const members = isObject(object) ? object : {};
  return { ...members, [key]: replace(members[key], rest, value) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
