/** The one atomic write: compare the watermark, then write states, recent ids and the new watermark, or nothing. */
import type { PartitionTag, ProfileWrite } from '../../profile-store.ts';
import { idsKey, noteKey, stateKey, watermarkKey } from './keys.ts';
import { CommandBytes } from './raw-command.ts';

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

/** The watermarks as they are encoded; `expected` undefined: none is stored. */
export interface CommitStep {
  readonly tag: PartitionTag;
  readonly expected: string | undefined;
  readonly next: string;
  readonly note?: Uint8Array | undefined;
}

/** The bytes of `EVAL script` or `EVALSHA digest` with its keys and values. */
export function commitBytes(
  name: 'EVAL' | 'EVALSHA',
  script: string,
  { tag, expected, next, note }: CommitStep,
  writes: readonly ProfileWrite[],
): Buffer {
  const { replaced, appended, size } = sortIds(writes);
  const notes = note === undefined ? [] : [note];
  const sets = notes.length + writes.length + replaced.length;
  const keys = 1 + sets + appended.length;
  const command = new CommandBytes(size + (note?.length ?? 0) + script.length + keys * (2 * tag.length + 64));
  command.begin(3 + keys + 3 + (keys - 1));
  command.text(name);
  command.text(script);
  command.text(String(keys));
  command.text(watermarkKey(tag));
  if (notes.length > 0) command.text(noteKey(tag));
  writeKeys(command, stateKey(tag, ''), writes);
  writeKeys(command, idsKey(tag, ''), replaced);
  writeKeys(command, idsKey(tag, ''), appended);
  command.text(expected ?? '');
  command.text(next);
  command.text(String(sets));
  for (const bytes of notes) command.bytes(bytes);
  for (const { state } of writes) command.bytes(state);
  for (const { ids } of replaced) command.bytes(ids.replace);
  for (const { ids } of appended) command.bytes(ids.append);
  return command.finish();
}

type IdWrite<Way extends 'append' | 'replace'> = { readonly profileId: string; readonly ids: Record<Way, Uint8Array> };

/** The ids to be replaced and those to be appended, and the bytes of all values. */
function sortIds(writes: readonly ProfileWrite[]) {
  const replaced: IdWrite<'replace'>[] = [];
  const appended: IdWrite<'append'>[] = [];
  let size = 0;
  for (const { profileId, state, ids } of writes) {
    size += state.length;
    if (ids === undefined) continue;
    if ('append' in ids) appended.push({ profileId, ids });
    else replaced.push({ profileId, ids });
    size += 'append' in ids ? ids.append.length : ids.replace.length;
  }
  return { replaced, appended, size };
}

function writeKeys(command: CommandBytes, prefix: string, owners: readonly { readonly profileId: string }[]): void {
  for (const { profileId } of owners) command.text(prefix, profileId);
}
