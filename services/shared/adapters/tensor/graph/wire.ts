/** Protocol buffers, the writing half: fields of the wire format as bytes. Pure. */

const wireTypes = { varint: 0, bytes: 2, float: 5 } as const;

const tag = (field: number, type: keyof typeof wireTypes): Uint8Array => varint((field << 3) | wireTypes[type]);

/** Negative numbers as the 64 bits of their two's complement. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

export const joined = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** An int, a bool or an enum. */
export const numberField = (field: number, value: number): Uint8Array => joined([tag(field, 'varint'), varint(value)]);

/** A message, a string or bytes. */
export function bytesField(field: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return joined([tag(field, 'bytes'), varint(bytes.length), bytes]);
}

export function floatField(field: number, value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return joined([tag(field, 'float'), bytes]);
}
