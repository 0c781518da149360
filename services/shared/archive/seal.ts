/**
 * A checksum over a whole Parquet file, in the gap that the format leaves before its footer, where no reader looks: damage
 * of the footer would else show as a file of fewer rows. Pure.
 */
import { createHash } from 'node:crypto';

/** Length of the metadata, and the magic word. */
const tailBytes = 8;
const digestBytes = 32;

export function seal(file: Uint8Array): Uint8Array {
  const at = footerStart(file);
  return Buffer.concat([file.subarray(0, at), digest(file.subarray(0, at), file.subarray(at)), file.subarray(at)]);
}

/** Whether each byte is as it was sealed. */
export function isSealed(file: Uint8Array): boolean {
  const footer = footerStart(file);
  const at = footer - digestBytes;
  if (!(at >= 0)) return false;
  return digest(file.subarray(0, at), file.subarray(footer)).equals(file.subarray(at, footer));
}

/** Not a number, or below 0, where there cannot be one. */
function footerStart(file: Uint8Array): number {
  if (file.length < tailBytes) return Number.NaN;
  const tail = new DataView(file.buffer, file.byteOffset + file.byteLength - tailBytes, tailBytes);
  return file.length - tailBytes - tail.getUint32(0, true);
}

function digest(data: Uint8Array, footer: Uint8Array): Buffer {
  return createHash('sha256').update(data).update(footer).digest();
}
