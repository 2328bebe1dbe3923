// Rotary positions turn pairs of rows of each query and key head. llama2.c and GGUF's llama keep a pair in neighbouring rows
// (2i, 2i + 1), Hugging Face in the halves of a head (i, i + K/2).

function reorder(data: Float32Array, headSize: number, columns: number, target: (row: number) => number): Float32Array {
  const result = new Float32Array(data.length);
  for (let start = 0; start * columns < data.length; start += headSize) {
    for (let row = 0; row < headSize; row++) {
      const from = (start + row) * columns;
      result.set(data.subarray(from, from + columns), (start + target(row)) * columns);
    }
  }
  return result;
}

/** Rows [heads · headSize, columns] from neighbouring pairs to halves: rotating halves of the result equals rotating pairs before. */
export function pairsToHalves(data: Float32Array, headSize: number, columns: number): Float32Array {
  return reorder(data, headSize, columns, (row) => (row >> 1) + (row & 1) * (headSize / 2));
}

/** The way back. */
export function halvesToPairs(data: Float32Array, headSize: number, columns: number): Float32Array {
  const half = headSize / 2;
  return reorder(data, headSize, columns, (row) => (row < half ? 2 * row : 2 * (row - half) + 1));
}
