/**
 * The form of a write-ahead log's segment: the 8 bytes `LKWAL\x001\n`, then frames of u32 length, u32 CRC-32 over
 * length and payload (both little-endian), payload. A payload is never empty, so a tail of zeros is no frame. Pure.
 */
import { crc32 } from 'node:zlib';

export const segmentHeader = Buffer.from('LKWAL\x001\n', 'latin1');
const frameOverhead = 8;

export function encodeFrame(payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameOverhead + payload.length);
  frame.writeUInt32LE(payload.length, 0);
  frame.set(payload, frameOverhead);
  frame.writeUInt32LE(checksum(frame.subarray(0, 4), payload), 4);
  return frame;
}

export interface Frames {
  readonly payloads: readonly Buffer[];
  /** Where the frames lie, neighbours as one range of so many. */
  readonly ranges: readonly { readonly from: number; readonly to: number; readonly frames: number }[];
  /** Damaged bytes with whole frames behind them: not the torn tail of a crash, but a disk that lost something. */
  readonly damaged: boolean;
}

/** Reads every whole frame from `start` on; what is damaged or cut off is passed over. */
export function decodeFrames(bytes: Buffer, start = 0): Frames {
  const payloads: Buffer[] = [];
  const ranges: { from: number; to: number; frames: number }[] = [];
  for (let at = nextFrame(bytes, start); at < bytes.length; at = nextFrame(bytes, at)) {
    const payload = frameAt(bytes, at)!;
    const to = at + frameOverhead + payload.length;
    const last = ranges.at(-1);
    if (last?.to === at) {
      last.to = to;
      last.frames++;
    } else ranges.push({ from: at, to, frames: 1 });
    payloads.push(payload);
    at = to;
  }
  return { payloads, ranges, damaged: ranges.length > 1 || (ranges[0]?.from ?? start) > start };
}

/** Where the next whole frame begins; the end of the input if there is none. */
function nextFrame(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && frameAt(bytes, at) === undefined) at++;
  return at;
}

function frameAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + frameOverhead > bytes.length) return undefined;
  const length = bytes.readUInt32LE(at);
  const payload = bytes.subarray(at + frameOverhead, at + frameOverhead + length);
  if (length === 0 || payload.length < length) return undefined;
  return checksum(bytes.subarray(at, at + 4), payload) === bytes.readUInt32LE(at + 4) ? payload : undefined;
}

function checksum(length: Uint8Array, payload: Uint8Array): number {
  return crc32(payload, crc32(length));
}
