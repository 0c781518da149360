/** Which profiles a model on trial answers. Pure. */
import { idHash64 } from './id-hash.ts';

/**
 * Whether the profile is among `percent` of all, 0 to 100. Each trial has other ones, so that nobody is always first;
 * `trial` tells it from others. Nobody in particular is never among them.
 */
export function isOnTrial(profile: string | null, trial: string, percent: number): boolean {
  if (profile === null) return percent >= 100;
  const [hi] = idHash64(`${trial} ${profile}`);
  return hi < (percent / 100) * 2 ** 32;
}
