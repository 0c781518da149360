/** Text, numbers and booleans in a state. A whole number is a varint, any other a double. */
import type { Scalar } from './fields.ts';
import type { StateReader } from './state-reader.ts';
import type { StateWriter } from './state-writer.ts';

const tags = { no: 0, yes: 1, text: 2, whole: 3, double: 4 } as const;

export function encodeScalar(writer: StateWriter, value: Scalar): void {
  if (typeof value === 'boolean') return writer.unsigned(value ? tags.yes : tags.no);
  if (typeof value === 'string') {
    writer.unsigned(tags.text);
    return writer.plain(value);
  }
  const whole = Number.isSafeInteger(value);
  writer.unsigned(whole ? tags.whole : tags.double);
  if (whole) writer.signed(value);
  else writer.double(value);
}

export function decodeScalar(reader: StateReader): Scalar {
  const tag = reader.unsigned();
  if (tag === tags.text) return reader.plain();
  if (tag === tags.whole) return reader.integer();
  return tag === tags.double ? reader.double() : tag === tags.yes;
}
