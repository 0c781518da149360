/** Event types in a state: those that a feature names are written as a number, any other is spelled out. */
import type { StateReader } from '../state-reader.ts';
import type { StateWriter } from '../state-writer.ts';

/** Event types that are written as a number: 1 and up. */
export type NamedTypes = readonly string[];

/** The types named by a feature that counts every type. */
export const usualTypes: NamedTypes = ['view', 'cart', 'purchase'];

export function encodeType(writer: StateWriter, type: string, types: NamedTypes): void {
  const number = types.indexOf(type) + 1;
  writer.unsigned(number);
  if (number === 0) writer.textBeside(type, '');
}

export function decodeType(reader: StateReader, types: NamedTypes): string {
  const number = reader.unsigned();
  return number === 0 ? reader.textBeside('') : (types[number - 1] ?? reader.missing());
}
