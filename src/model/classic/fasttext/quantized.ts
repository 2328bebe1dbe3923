import type { ByteStream, Fields } from '../bytes/index.js';

/** Centroids of one part of a row. */
const centroids = 256;

interface Quantizer {
  readonly dim: number;
  readonly parts: number;
  readonly partSize: number;
  readonly lastSize: number;
  readonly centers: Float32Array;
}

async function readQuantizer(stream: ByteStream, fields: Fields, dim: number, what: string): Promise<Quantizer> {
  await fields.whole(4, dim, dim, `dim of the quantizer of ${what}`);
  const parts = await fields.whole(4, 1, dim, `parts of ${what}`);
  const partSize = await fields.whole(4, 1, dim, `size of a part of ${what}`);
  const lastSize = await fields.whole(4, 1, partSize, `size of the last part of ${what}`);
  if ((parts - 1) * partSize + lastSize !== dim) {
    stream.refuse(
      `expected parts of ${dim} columns in all for ${what}, got ${parts} of ${partSize}, the last of ${lastSize}`,
    );
  }
  const centers = new Float32Array(dim * centroids);
  await stream.readInto(new Uint8Array(centers.buffer), `centroids of ${what}`);
  return { dim, parts, partSize, lastSize, centers };
}

/** A product-quantized matrix (Jégou et al. 2011, as in fastText) as plain rows. */
export async function readQuantized(
  stream: ByteStream,
  fields: Fields,
  rows: number,
  dim: number,
  what: string,
): Promise<Float32Array> {
  const normed = (await fields.whole(1, 0, 1, `whether norms of the ${what} matrix are quantized`)) === 1;
  await fields.whole(8, rows, rows, `rows of the ${what} matrix`);
  await fields.whole(8, dim, dim, `columns of the ${what} matrix`);
  const size = await fields.whole(4, rows, rows * dim, `codes of the ${what} matrix`);
  if (size % Math.max(1, rows) !== 0)
    stream.refuse(`expected as many codes for each of ${rows} rows, got ${size} in all`);
  stream.expect(size, `codes of the ${what} matrix`);
  const codes = new Uint8Array(size);
  await stream.readInto(codes, `codes of the ${what} matrix`);
  const quantizer = await readQuantizer(stream, fields, dim, `the ${what} matrix`);
  if (size !== rows * quantizer.parts)
    stream.refuse(`expected ${quantizer.parts} codes a row, got ${size} for ${rows} rows`);
  let norms: Float32Array | undefined;
  if (normed) {
    const normCodes = new Uint8Array(rows);
    await stream.readInto(normCodes, `norms of the ${what} matrix`);
    const { centers } = await readQuantizer(stream, fields, 1, `norms of the ${what} matrix`);
    norms = Float32Array.from(normCodes, (code) => centers[code]!);
  }
  const data = new Float32Array(rows * dim);
  const { parts, partSize, lastSize, centers } = quantizer;
  for (let row = 0; row < rows; row++) {
    const norm = norms?.[row] ?? 1;
    for (let part = 0; part < parts; part++) {
      const code = codes[row * parts + part]!;
      const width = part === parts - 1 ? lastSize : partSize;
      // The last part's centroids are as short as it is.
      const from = part * centroids * partSize + code * width;
      const to = row * dim + part * partSize;
      for (let i = 0; i < width; i++) data[to + i] = norm * centers[from + i]!;
    }
  }
  return data;
}
