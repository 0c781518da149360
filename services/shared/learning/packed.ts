/** JSON and typed arrays in one piece of bytes, for what the workers of a run send each other. Little-endian. */
import { LikenessError } from '../errors.ts';

const makers = {
  u8: Uint8Array,
  u32: Uint32Array,
  f64: Float64Array,
} as const;

type Kind = keyof typeof makers;
export type Packable = Uint8Array | Uint32Array | Float64Array;

interface Head {
  readonly header: unknown;
  readonly arrays: readonly (readonly [kind: Kind, length: number])[];
}

/** Each array begins at a multiple of this. */
const alignment = 8;
const aligned = (at: number): number => Math.ceil(at / alignment) * alignment;

export function pack(header: unknown, arrays: readonly Packable[]): Uint8Array {
  const described = arrays.map((array): [Kind, number] => [kindOf(array), array.length]);
  const head = Buffer.from(JSON.stringify({ header, arrays: described } satisfies Head));
  let end = 4 + head.length;
  const places = arrays.map((array) => {
    const at = aligned(end);
    end = at + array.byteLength;
    return at;
  });
  const bytes = new Uint8Array(end);
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, 4);
  arrays.forEach((array, index) =>
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), places[index]),
  );
  return bytes;
}

/** Throws `ModelInvalid` for what `pack` has not written. */
export function unpack<Header>(bytes: Uint8Array): { readonly header: Header; readonly arrays: Packable[] } {
  try {
    // A copy: typed arrays of words may not start anywhere.
    const own = new Uint8Array(bytes);
    const length = new DataView(own.buffer).getUint32(0, true);
    const head = JSON.parse(Buffer.from(own.subarray(4, 4 + length)).toString('utf8')) as Head;
    let at = 4 + length;
    const arrays = head.arrays.map(([kind, count]) => {
      const array = new makers[kind](own.buffer, aligned(at), count);
      at = array.byteOffset + array.byteLength;
      return array;
    });
    return { header: head.header as Header, arrays };
  } catch (cause) {
    throw new LikenessError('ModelInvalid', 'A part that another worker has sent cannot be read', { cause });
  }
}

function kindOf(array: Packable): Kind {
  if (array instanceof Float64Array) return 'f64';
  return array instanceof Uint32Array ? 'u32' : 'u8';
}
