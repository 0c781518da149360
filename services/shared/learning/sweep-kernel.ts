/**
 * The inner kernel of the matrix inverse, C −= W · Vᵀ for a 4 × 4 tile of doubles, as a WebAssembly module that is written
 * out here by hand: V8 has no vector instructions for TypeScript, and this one runs several times as fast.
 */

const f64x2 = { load: 0x00, loadSplat: 0x0a, store: 0x0b, add: 0xf0, sub: 0xf1, mul: 0xf2 } as const;
const v128 = 0x7b;
const i32 = 0x7f;
const [c, w, v, depth, end] = [0, 1, 2, 3, 4] as const;
const accumulator = (row: number, half: number): number => 5 + 2 * row + half;
const [left, right, splat] = [13, 14, 15] as const;
const rows = [0, 1, 2, 3] as const;
const halves = [0, 1] as const;

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const constant = (value: number): number[] => [0x41, ...signedLeb(value)];
const addI32 = [0x6a];
const multiplyI32 = [0x6c];
const notEqualI32 = [0x47];
/** SIMD opcodes are LEB128; those on memory are followed by an alignment of 8 bytes and an offset. */
const simd = (code: number): number[] => [0xfd, ...unsignedLeb(code)];
const memory = (code: number, offset: number): number[] => [0xfd, code, 3, offset];

/** One step of the depth: the four values of W, each spread over two lanes, times the four of V. */
const multiplyStep = [
  [get(v), memory(f64x2.load, 0), set(left), get(v), memory(f64x2.load, 16), set(right)],
  rows.map((row) => [
    [get(w), memory(f64x2.loadSplat, 8 * row), set(splat)],
    halves.map((half) => {
      const target = accumulator(row, half);
      const product = [get(splat), get(half === 0 ? left : right), simd(f64x2.mul)];
      return [get(target), product, simd(f64x2.add), set(target)];
    }),
  ]),
];
const advance = [w, v].map((pointer) => [get(pointer), constant(32), addI32, set(pointer)]);
const loop = [[0x03, 0x40], multiplyStep, advance, get(w), get(end), notEqualI32, [0x0d, 0x00, 0x0b]];
const subtractTile = (stride: number): Code[] =>
  rows.map((row) => [
    halves.map((half) => [
      [get(c), get(c), memory(f64x2.load, 16 * half), get(accumulator(row, half))],
      [simd(f64x2.sub), memory(f64x2.store, 16 * half)],
    ]),
    [get(c), constant(stride), addI32, set(c)],
  ]);
/** "\\0asm", version 1. */
const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const maxPages = 65_536;

function moduleBytes(stride: number): Uint8Array {
  const locals = [2, 1, i32, 11, v128];
  const start = [get(w), get(depth), constant(32), multiplyI32, addI32, set(end)];
  const body = flatten([locals, start, loop, subtractTile(stride), [0x0b]]);
  return Uint8Array.from([
    ...header,
    ...section(1, [1, 0x60, 4, i32, i32, i32, i32, 0]),
    ...section(2, [1, 1, 0x65, 1, 0x6d, 0x02, 0x03, 0, ...unsignedLeb(maxPages)]),
    ...section(3, [1, 0]),
    ...section(7, [1, 1, 0x6b, 0x00, 0]),
    ...section(10, [1, ...unsignedLeb(body.length), ...body]),
  ]);
}

/**
 * C[r][s] −= Σ_{d < depth} w[d][r] · v[d][s] for r, s < 4. All addresses in bytes: `c` of the tile's first value, `w` and
 * `v` of packed strips of depth × 4 values. `depth` is at least 1.
 */
export type TileKernel = (c: number, w: number, v: number, depth: number) => void;

/** What is used of the platform's WebAssembly, which the types of Node leave out. */
export interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
}
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => SharedMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> };
};

/** Memory of at least so many bytes that worker threads can share; at most 4 GiB. */
export function sharedMemory(bytes: number): SharedMemory {
  const pages = Math.ceil(bytes / 65_536);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** The kernel for tiles whose rows lie `stride` bytes apart. */
export function tileKernel(shared: SharedMemory, stride: number): TileKernel {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes(stride)), { e: { m: shared } });
  return instance.exports['k'] as TileKernel;
}

/** Code as it is put together: bytes in nested lists. */
type Code = number | readonly Code[];

function flatten(code: Code): number[] {
  return typeof code === 'number' ? [code] : code.flatMap(flatten);
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsignedLeb(content.length), ...content];
}

function unsignedLeb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)];
}

/** Of values that are not negative. */
function signedLeb(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signedLeb(value >> 7)];
}
