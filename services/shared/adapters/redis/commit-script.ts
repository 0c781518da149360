/** The one atomic write: compare the watermark, then write states, recent ids and the new watermark, or nothing. */
import type { PartitionTag, ProfileWrite } from '../../profile-store.ts';
import { idsKey, stateKey, watermarkKey } from './keys.ts';

/**
 * KEYS: watermark, keys to set, keys to append to. ARGV: expected (empty: none), next, values in the order of the keys.
 * Redis does not roll a script back, so whatever could fail is tried before the first write: STRLEN refuses a key of
 * another type, and the first write itself is the one that Redis refuses when out of memory. One MSET and one watermark
 * in it, because each call from Lua costs more than what it carries.
 */
export const commitScript = `
local current = redis.call('GET', KEYS[1]) or ''
if current ~= ARGV[1] then return 0 end
local sets = tonumber(ARGV[3])
for i = sets + 2, #KEYS do redis.call('STRLEN', KEYS[i]) end
local pairs = { KEYS[1], ARGV[2] }
for i = 1, sets do
  pairs[2 * i + 1] = KEYS[i + 1]
  pairs[2 * i + 2] = ARGV[i + 3]
end
redis.call('MSET', unpack(pairs))
for i = sets + 2, #KEYS do redis.call('APPEND', KEYS[i], ARGV[i + 2]) end
return 1
`;

/** The arguments of EVAL or EVALSHA behind the script. `expected` and `next` are encoded watermarks. */
export function commitArguments(
  tag: PartitionTag,
  expected: string | undefined,
  next: string,
  writes: readonly ProfileWrite[],
): (string | number | Buffer)[] {
  const sets: [string, Uint8Array][] = [];
  const appends: [string, Uint8Array][] = [];
  for (const { profileId, state, ids } of writes) {
    sets.push([stateKey(tag, profileId), state]);
    if (ids === undefined) continue;
    if ('append' in ids) appends.push([idsKey(tag, profileId), ids.append]);
    else sets.push([idsKey(tag, profileId), ids.replace]);
  }
  const entries = [...sets, ...appends];
  return [
    entries.length + 1,
    watermarkKey(tag),
    ...entries.map(([key]) => key),
    expected ?? '',
    next,
    sets.length,
    ...entries.map(([, bytes]) => asBuffer(bytes)),
  ];
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
