import { messageOf } from '../../../base/core/index.js';
import { type Input, wholeOf } from './bytes.js';
import { type Limits, Unreadable, endsTask } from './limits.js';
import type { FormatReader, Found } from './reader.js';
import { recordReader } from './record.js';

interface AsyncBuffer {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

const bufferOf = (bytes: Uint8Array): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;

async function asyncBuffer(input: Input, limits: Limits): Promise<AsyncBuffer> {
  if (input.range && input.size !== undefined) {
    const { size } = input;
    const range = input.range.bind(input);
    return {
      byteLength: size,
      async slice(start, end = size) {
        const from = start < 0 ? size + start : start;
        const to = end < 0 ? size + end : Math.min(end, size);
        if (to - from > limits.fileBytes) throw new Unreadable(`a column chunk of ${to - from} bytes`);
        return bufferOf(await range(from, to));
      },
    };
  }
  const bytes = bufferOf(await wholeOf(input, limits.fileBytes));
  return { byteLength: bytes.byteLength, slice: (start, end) => Promise.resolve(bytes.slice(start, end)) };
}

export const parquet: FormatReader = {
  summary: 'Parquet (snappy, gzip, zstd, lz4, brotli): row group by row group, only the columns that are used',
  extensions: ['parquet', 'pq'],
  documents: 'one a row, as of CSV',
  cursor: 'row',
  async *read(input, { options, cursor, reject, signal }): AsyncGenerator<Found> {
    const { limits } = options;
    const [{ parquetMetadataAsync, parquetReadObjects, parquetSchema }, { compressors }] = await Promise.all([
      import('hyparquet'),
      import('hyparquet-compressors'),
    ]);
    const file = await asyncBuffer(input, limits);
    const metadata = await parquetMetadataAsync(file);
    const records = recordReader(options);
    const columns = parquetSchema(metadata).children.map((child) => child.element.name);
    const absent = records.needed.find((name) => !columns.includes(name));
    if (absent !== undefined) {
      throw new Unreadable(
        `no column ${JSON.stringify(absent)} (has ${columns.slice(0, 20).join(', ')}): name it with textField or template`,
      );
    }
    const wanted = records.fields ? columns.filter((name) => records.fields!.includes(name)) : columns;
    let start = typeof cursor === 'number' ? cursor : 0;
    let groupStart = 0;
    for (const [number, group] of metadata.row_groups.entries()) {
      const groupEnd = groupStart + Number(group.num_rows);
      const from = Math.max(start, groupStart);
      groupStart = groupEnd;
      if (from >= groupEnd) continue;
      signal?.throwIfAborted();
      const unpacked = group.columns
        .filter((chunk) => wanted.includes(chunk.meta_data?.path_in_schema[0] ?? ''))
        .reduce((sum, chunk) => sum + Number(chunk.meta_data?.total_uncompressed_size ?? 0), 0);
      if (unpacked > 4 * limits.fileBytes) {
        reject(`row group ${number + 1} unpacks to ${unpacked} bytes: over four times the limit fileBytes`);
        continue;
      }
      let rows: Record<string, unknown>[];
      try {
        rows = await parquetReadObjects({
          file,
          metadata,
          columns: wanted,
          compressors,
          rowStart: from,
          rowEnd: groupEnd,
        });
      } catch (error) {
        if (endsTask(error)) throw error;
        reject(`row group ${number + 1}: ${messageOf(error)}`);
        continue;
      }
      for (const [i, row] of rows.entries()) {
        const found = records.read(row);
        if (typeof found === 'string') reject(`row ${from + i + 1}: ${found}`);
        else yield { ...found, place: from + i + 1, cursor: from + i + 1 };
      }
      start = groupEnd;
    }
  },
};
