/** Randomness of a training by its place in it: what a batch draws does not depend on what was drawn before. */
import { startTwister, type TwisterState } from '../statistics/mersenne-twister.ts';

/** Each sequence of words has a source of its own (mixed as murmur3 does). */
export function randomAt(...words: number[]): TwisterState {
  let hash = 0;
  for (const word of words) {
    hash ^= Math.imul((Math.imul(word, 0xcc9e2d51) >>> 17) | (Math.imul(word, 0xcc9e2d51) << 15), 0x1b873593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return startTwister((hash ^ (hash >>> 16)) >>> 0);
}
