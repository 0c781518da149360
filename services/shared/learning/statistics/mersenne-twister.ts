/** MT19937 (Matsumoto, Nishimura 1998), seeded and drawn from as CPython's `random` and NumPy's RandomState do. */

const size = 624;
const middle = 397;

/** Plain numbers, so that a state can be written as JSON and go on from there. */
export interface TwisterState {
  /** 624 unsigned 32-bit words. */
  words: number[];
  /** Words drawn since the last twist, 0 to 624. */
  drawn: number;
}

/** As NumPy's `RandomState(seed)`, and the reference code's init_genrand. `seed` is an unsigned 32-bit integer. */
export function startTwister(seed: number): TwisterState {
  const words = Array.from<number>({ length: size }).fill(0);
  words[0] = seed >>> 0;
  for (let at = 1; at < size; at++) words[at] = (Math.imul(1812433253, folded(words, at)) + at) >>> 0;
  return { words, drawn: size };
}

/** As CPython's `random.Random(seed)`, the reference code's init_by_array of one word. `seed` is unsigned 32-bit. */
export function startPythonTwister(seed: number): TwisterState {
  const { words } = startTwister(19650218);
  let at = 1;
  const forward = (): void => {
    at++;
    if (at < size) return;
    words[0] = words[size - 1]!;
    at = 1;
  };
  for (let left = size; left > 0; left--) {
    words[at] = ((words[at]! ^ Math.imul(folded(words, at), 1664525)) + (seed >>> 0)) >>> 0;
    forward();
  }
  for (let left = size - 1; left > 0; left--) {
    words[at] = ((words[at]! ^ Math.imul(folded(words, at), 1566083941)) - at) >>> 0;
    forward();
  }
  words[0] = 0x80000000;
  return { words, drawn: size };
}

function folded(words: readonly number[], at: number): number {
  const previous = words[at - 1]!;
  return previous ^ (previous >>> 30);
}

/** The next unsigned 32-bit word. */
export function nextWord(state: TwisterState): number {
  if (state.drawn >= size) twist(state);
  let word = state.words[state.drawn++]!;
  word ^= word >>> 11;
  word ^= (word << 7) & 0x9d2c5680;
  word ^= (word << 15) & 0xefc60000;
  return (word ^ (word >>> 18)) >>> 0;
}

function twist(state: TwisterState): void {
  const { words } = state;
  for (let at = 0; at < size; at++) {
    const mixed = (words[at]! & 0x80000000) | (words[(at + 1) % size]! & 0x7fffffff);
    words[at] = (words[(at + middle) % size]! ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0)) >>> 0;
  }
  state.drawn = 0;
}

/** Uniform in [0, 1) with 53 bits, as `random()` of both CPython and RandomState. */
export function nextUniform(state: TwisterState): number {
  const high = nextWord(state) >>> 5;
  return (high * 67108864 + (nextWord(state) >>> 6)) / 9007199254740992;
}

/** Uniform below `bound` (1 to 2³²−1), as CPython's `_randbelow`: bits enough for the bound, drawn again if too great. */
export function nextBelow(state: TwisterState, bound: number): number {
  const shift = Math.clz32(bound);
  let drawn = nextWord(state) >>> shift;
  while (drawn >= bound) drawn = nextWord(state) >>> shift;
  return drawn;
}

/** Uniform from 0 to `most` (below 2³²), as RandomState's `randint` and `shuffle`: the low bits, drawn again if too great. */
export function nextUpTo(state: TwisterState, most: number): number {
  if (most === 0) return 0;
  const mask = 0xffffffff >>> Math.clz32(most);
  let drawn = (nextWord(state) & mask) >>> 0;
  while (drawn > most) drawn = (nextWord(state) & mask) >>> 0;
  return drawn;
}

/** `count` of the numbers 0 to `population` − 1, none twice, as CPython's `sample(range(population), count)` for small ones. */
export function sampleWithout(state: TwisterState, population: number, count: number): number[] {
  const pool: number[] = [];
  for (let at = 0; at < population; at++) pool.push(at);
  const chosen: number[] = [];
  for (let left = population; left > population - count; left--) {
    const at = nextBelow(state, left);
    chosen.push(pool[at]!);
    pool[at] = pool[left - 1]!;
  }
  return chosen;
}

/** Standard normal numbers as RandomState's `standard_normal`: Marsaglia's polar method, the second of a pair kept. */
export function normalSource(state: TwisterState): () => number {
  let kept: number | undefined;
  return () => {
    if (kept !== undefined) {
      const value = kept;
      kept = undefined;
      return value;
    }
    let [x, y, square] = [0, 0, 0];
    do {
      x = 2 * nextUniform(state) - 1;
      y = 2 * nextUniform(state) - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt((-2 * Math.log(square)) / square);
    kept = scale * x;
    return scale * y;
  };
}

/** A source of uniform numbers in [0, 1) for code that takes its randomness as a function. */
export function seededUniform(seed: number): () => number {
  const state = startTwister(seed);
  return () => nextUniform(state);
}
