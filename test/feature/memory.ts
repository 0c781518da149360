/** For tests that begin thousands of times: a log of one partition and a profile store, in memory. */
import type { Broker, BrokerRecord } from '../../services/shared/broker.ts';
import type { Advance, ProfileStore, StoredProfile } from '../../services/shared/profile-store.ts';
import { encodeWatermark } from '../../services/shared/watermark.ts';

interface Partition {
  advance: Advance | undefined;
  note: Uint8Array | undefined;
  readonly profiles: Map<string, StoredProfile>;
}

const watermarkOf = ({ advance }: Partition) =>
  advance && { offset: advance.offset, timestamp: advance.timestamp, definition: advance.definition };
const textOf = (watermark: Parameters<typeof encodeWatermark>[0] | undefined) =>
  watermark && encodeWatermark(watermark);

export function memoryStore(): ProfileStore {
  const partitions = new Map<string, Partition>();
  const at = (tag: string): Partition => {
    const found = partitions.get(tag) ?? { advance: undefined, note: undefined, profiles: new Map() };
    partitions.set(tag, found);
    return found;
  };
  return {
    read: async (tag, ids) => ({
      watermark: watermarkOf(at(tag)),
      profiles: ids.map((id) => at(tag).profiles.get(id)),
    }),
    async commit(tag, expected, next, writes) {
      const partition = at(tag);
      if (textOf(watermarkOf(partition)) !== textOf(expected)) return 'conflict';
      for (const { profileId, state, ids } of writes) {
        const known = partition.profiles.get(profileId)?.ids ?? Buffer.alloc(0);
        const kept = ids === undefined ? known : 'replace' in ids ? ids.replace : Buffer.concat([known, ids.append]);
        partition.profiles.set(profileId, { state, ids: kept });
      }
      partition.advance = next;
      partition.note = next.note ?? partition.note;
      return 'committed';
    },
    readNote: async (tag) => ({ watermark: watermarkOf(at(tag)), note: at(tag).note }),
    get: async (keys) => keys.map(({ tag, profileId }) => at(tag).profiles.get(profileId)?.state),
    hasProfiles: async (tag) => at(tag).profiles.size > 0,
    async *list(tag) {
      yield* at(tag).profiles.keys();
    },
    clear: async (tag) => void partitions.delete(tag),
    onReconnect: () => () => undefined,
    check: async () => undefined,
    close: async () => undefined,
  };
}

/** Of records that hold these lines each, and of what comes later. */
export class MemoryLog implements Pick<Broker, 'offsets' | 'read'> {
  readonly #records: BrokerRecord[] = [];
  /** What was before is gone. */
  low = 0;

  append(lines: readonly string[]): void {
    const offset = this.#records.length;
    this.#records.push({ offset, key: null, timestamp: 1000 + offset, value: Buffer.from(lines.join('\n')) });
  }

  readonly offsets: Broker['offsets'] = async () => [{ partition: 0, low: this.low, high: this.#records.length }];

  readonly read: Broker['read'] = async function* (this: MemoryLog, { from, to }: Parameters<Broker['read']>[0]) {
    // Two at a time, so that whoever reads can be broken off in between.
    for (let at = Math.max(from, this.low); at < to; at += 2) yield this.#records.slice(at, Math.min(at + 2, to));
  }.bind(this);
}
