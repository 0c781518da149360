/** Reading a field of an event by its path in the spec. An event that lacks the field is not counted by the feature. */
import type { CleanEvent } from '../event.ts';
import { isoTime } from './iso-time.ts';
import { maxAbsolute } from './micro.ts';
import type { StateEvent } from './order.ts';

export type Scalar = string | number | boolean;

type Read = (event: CleanEvent) => unknown;

function ownMember(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}

function reader(path: string): Read {
  switch (path) {
    case 'value':
      return (event) => event.value;
    case 'quantity':
      return (event) => event.quantity;
    case 'itemId':
      return (event) => event.itemId;
    case 'item.category':
      return (event) => event.item?.category;
    default: {
      const names = path.split('.');
      return (event) => names.reduce<unknown>(ownMember, event);
    }
  }
}

/** True for the fields that always hold text. */
export const isTextField = (path: string): boolean =>
  ['text', 'time', 'type', 'itemId', 'item.category', 'item.brand', 'item.title'].includes(path);

/** A finite number within ±10⁹; undefined if there is none. A text of digits is no number. */
export function numberField(path: string): (at: StateEvent) => number | undefined {
  const read = reader(path);
  return ({ event }) => {
    const value = read(event);
    return typeof value === 'number' && Math.abs(value) <= maxAbsolute ? value : undefined;
  };
}

/** Text, a finite number or a boolean; undefined if there is none. `time` is the event's time in its canonical form. */
export function scalarField(path: string): (at: StateEvent) => Scalar | undefined {
  if (path === 'time') return ({ time }) => isoTime(time);
  const read = reader(path);
  return ({ event }) => {
    const value = read(event);
    if (typeof value === 'string') return value.toWellFormed();
    if (typeof value === 'boolean') return value;
    return typeof value === 'number' && Number.isFinite(value) ? value + 0 : undefined;
  };
}

/** As `scalarField`, as text: the number 7 and the text "7" are one value. */
export function textField(path: string): (at: StateEvent) => string | undefined {
  const read = scalarField(path);
  return (at) => {
    const value = read(at);
    return value === undefined ? undefined : String(value);
  };
}
