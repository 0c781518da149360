/** The bytes of a segment: Parquet, Zstandard, a row a line. Pure, but for letting others run between row groups. */
import { setImmediate as breathe } from 'node:timers/promises';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type FileMetaData, parquetMetadata, parquetRead } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Segment } from '../archive.ts';
import type { BrokerRecord } from '../broker.ts';
import { LikenessError } from '../errors.ts';
import { unpackLines } from '../record.ts';
import { type ArchivedLine, columnsOf, recordColumns, segmentSchema } from './columns.ts';
import { isSealed, seal } from './seal.ts';
import { segmentName } from './segment-name.ts';

/** Rows that are held in memory at once, on either side. */
const rowsPerGroup = 10_000;

const settings = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/** Unpacked one record after another, so that not all of them are in memory twice. */
export function* linesOf(records: readonly BrokerRecord[]): Generator<ArchivedLine> {
  for (const { offset, timestamp: appended, value } of records)
    for (const [index, line] of unpackLines(value ?? new Uint8Array()).entries())
      yield { offset, index, appended, line };
}

/** `lines` in the order of the log. */
export async function encodeSegment(lines: Iterable<ArchivedLine>): Promise<Uint8Array> {
  const writer = new ByteWriter();
  const compressors = { ZSTD: (bytes: Uint8Array) => zstdCompressSync(bytes, settings) };
  const file = new ParquetWriter({ writer, schema: segmentSchema, codec: 'ZSTD', compressors, createdBy: 'likeness' });
  for (const group of groupsOf(lines)) {
    await file.write({ columnData: columnsOf(group), rowGroupSize: rowsPerGroup });
    await breathe();
  }
  await file.finish();
  return seal(writer.getBytes());
}

function* groupsOf(lines: Iterable<ArchivedLine>): Generator<ArchivedLine[]> {
  let group: ArchivedLine[] = [];
  for (const line of lines) {
    group.push(line);
    if (group.length < rowsPerGroup) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** Row group by row group, after all bytes have been checked. Throws `BadData` for what is no segment. */
export async function* decodeSegment(segment: Segment, bytes: Uint8Array): AsyncGenerator<ArchivedLine[]> {
  if (!isSealed(bytes)) throw damaged(segment, new Error('its bytes are not those that were written'));
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  try {
    const metadata = parquetMetadata(buffer);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      yield await readRows(buffer, metadata, { rowStart, rowEnd });
      rowStart = rowEnd;
    }
  } catch (cause) {
    if (cause instanceof LikenessError) throw cause;
    throw damaged(segment, cause);
  }
}

async function readRows(
  buffer: ArrayBuffer,
  metadata: FileMetaData,
  range: { readonly rowStart: number; readonly rowEnd: number },
): Promise<ArchivedLine[]> {
  const compressors = { ZSTD: (bytes: Uint8Array) => zstdDecompressSync(bytes) };
  const rows: Record<string, unknown>[] = [];
  await parquetRead({
    file: buffer,
    metadata,
    columns: recordColumns,
    ...range,
    compressors,
    rowFormat: 'object',
    onComplete: (found) => void rows.push(...found),
  });
  return rows.map((row) => ({
    offset: Number(row['offset'] as bigint),
    index: row['index'] as number,
    appended: (row['appended'] as Date).getTime(),
    line: row['line'] as string,
  }));
}

function damaged(segment: Segment, cause: unknown): LikenessError {
  return new LikenessError(
    'BadData',
    `The segment ${segmentName(segment)} of the archive cannot be read: ${(cause as Error).message}. Put back a copy ` +
      'of it; without one, remove it and every segment of this partition before it.',
    { cause },
  );
}
