/**
 * kafkajs' encoder, without its copies. The original nests an encoder in an encoder for batch, partition, topic and
 * request, and copies all bytes at each step into a zeroed buffer of the next power of two: nine copies of every
 * event. This one keeps large pieces by reference and joins them once, where the bytes are asked for.
 */

/** The parts of kafkajs 2.2.4's class (src/protocol/encoder.js) that are built on here. */
export interface KafkaEncoder {
  buf: Buffer;
  offset: number;
  readonly buffer: Buffer;
  size(): number;
  writeInt8(value: number): this;
  writeInt16(value: number): this;
  writeInt32(value: number): this;
  writeUInt32(value: number): this;
  writeInt64(value: number): this;
  writeBufferInternal(buffer: Buffer): void;
  ensureAvailable(length: number): void;
  writeEncoder(value: KafkaEncoder): this;
  writeEncoderArray(values: readonly KafkaEncoder[]): this;
  writeBytes(value: Buffer | string | null): this;
  writeVarInt(value: number): this;
  writeUVarInt(value: number): this;
}

/** Of joiningEncoder: what it holds, not joined. */
export interface PiecewiseEncoder extends KafkaEncoder {
  pieces(): readonly Buffer[];
}

export type EncoderClass = new (initialSize?: number) => KafkaEncoder;

/** Pieces from this size are kept by reference: below it a copy is cheaper than one more piece. */
const keptFrom = 1024;

const initialBytes = 512;

/** The class without its constructor, which zeroes a buffer of its own for each encoder. */
function unbuilt(Original: EncoderClass): EncoderClass {
  function Unbuilt(): void {
    // What there is to build, its subclass builds.
  }
  Unbuilt.prototype = Original.prototype;
  return Object.setPrototypeOf(Unbuilt, Original) as EncoderClass;
}

export function joiningEncoder(Original: EncoderClass): new (initialSize?: number) => PiecewiseEncoder {
  return class JoiningEncoder extends unbuilt(Original) {
    override buf = Buffer.allocUnsafe(initialBytes);
    override offset = 0;
    /** What comes before `buf`. */
    #pieces: Buffer[] = [];
    #size = 0;

    override get buffer(): Buffer {
      if (this.#pieces.length === 0) return this.buf.subarray(0, this.offset);
      this.#cut();
      const whole = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#size);
      this.#pieces = [whole];
      return whole;
    }

    pieces(): readonly Buffer[] {
      this.#cut();
      return this.#pieces;
    }

    override size(): number {
      return this.#size + this.offset;
    }

    override writeBufferInternal(buffer: Buffer): void {
      if (buffer.length < keptFrom) return super.writeBufferInternal(buffer);
      this.#cut();
      this.#keep(buffer);
    }

    override ensureAvailable(length: number): void {
      if (this.offset + length <= this.buf.length) return;
      this.#cut();
      this.buf = Buffer.allocUnsafe(Math.max(initialBytes, length));
    }

    override writeUVarInt(value: number): this {
      this.ensureAvailable(5);
      let rest = value;
      for (; (rest & ~0x7f) !== 0; rest >>>= 7) this.buf[this.offset++] = (rest & 0x7f) | 0x80;
      this.buf[this.offset++] = rest & 0x7f;
      return this;
    }

    override writeEncoder(value: KafkaEncoder): this {
      this.#append(value as JoiningEncoder);
      return this;
    }

    override writeEncoderArray(values: readonly KafkaEncoder[]): this {
      for (const value of values) this.#append(value as JoiningEncoder);
      return this;
    }

    override writeBytes(value: Buffer | string | null): this {
      if (!Buffer.isBuffer(value)) return super.writeBytes(value);
      this.writeInt32(value.length);
      this.writeBufferInternal(value);
      return this;
    }

    #append(value: JoiningEncoder): void {
      for (const piece of value.#pieces) this.writeBufferInternal(piece);
      if (value.offset > 0) this.writeBufferInternal(value.buf.subarray(0, value.offset));
    }

    /** Makes what was written into `buf` a piece; the rest of `buf` goes on being filled. */
    #cut(): void {
      if (this.offset === 0) return;
      this.#keep(this.buf.subarray(0, this.offset));
      this.buf = this.buf.subarray(this.offset);
      this.offset = 0;
    }

    #keep(piece: Buffer): void {
      this.#pieces.push(piece);
      this.#size += piece.length;
    }
  };
}
