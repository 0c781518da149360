/** Which partition owns a profile: Kafka's own murmur2, so that every client and the broker's tools agree. */

/** murmur2 as in org.apache.kafka.common.utils.Utils.murmur2, a signed 32-bit result. */
function murmur2(data: Uint8Array, length: number): number {
  const m = 0x5bd1e995;
  let h = 0x9747b28c ^ length;
  const words = length >> 2;
  for (let word = 0; word < words; word++) {
    const i = word << 2;
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  const tail = words << 2;
  const rest = length & 3;
  if (rest === 3) h ^= data[tail + 2]! << 16;
  if (rest >= 2) h ^= data[tail + 1]! << 8;
  if (rest >= 1) h = Math.imul(h ^ data[tail]!, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return (h ^ (h >>> 15)) | 0;
}

/** Reused: nearly every id is short and ASCII, and encoding it elsewhere costs more than its hash. */
const ascii = new Uint8Array(256);

function hashOf(id: string): number {
  if (id.length > ascii.length) return hashOfAny(id);
  for (let at = 0; at < id.length; at++) {
    const unit = id.charCodeAt(at);
    if (unit > 0x7f) return hashOfAny(id);
    ascii[at] = unit;
  }
  return murmur2(ascii, id.length);
}

function hashOfAny(id: string): number {
  const bytes = Buffer.from(id);
  return murmur2(bytes, bytes.length);
}

export function partitionOf(profileId: string, partitions: number): number {
  return (hashOf(profileId) & 0x7fffffff) % partitions;
}
