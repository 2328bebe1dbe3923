/** Three rounds of a quadratic permutation (odd coefficient) and a swap of the halves, all in wrapping i32. */
function mix(value: number): number {
  let x = value | 0;
  for (let round = 0; round < 3; round++) {
    x = Math.imul(x, (2 * x + 0x2c1b3c6d) | 0);
    x = (Math.imul(65536, x) + ((x / 65536) | 0)) | 0;
  }
  return x;
}

/** Fills `to`, seen as rows of `columns` elements, with the numbers that `randomUniform` is defined to give. */
export function fillUniform(
  to: Float32Array | Float64Array,
  columns: number,
  key: readonly [number, number],
  stream: number,
): void {
  if (to.length === 0) return;
  const state = mix((mix((mix((key[0] + 0x3c6ef372) | 0) + key[1]) | 0) + Math.imul(stream, 0x1e3779b1)) | 0);
  const lane = (j: number, i: number) => mix((state + Math.imul(j, 0x5bd1e995) + Math.imul(i, 0x61c88647)) | 0);
  const b = Int32Array.from({ length: columns }, (_, c) => lane(2, c));
  for (let r = 0; r < to.length / columns; r++) {
    const a = Math.imul(256, (Math.imul(2, lane(1, r)) + 1) | 0);
    const d = Math.imul(256, lane(3, r));
    for (let c = 0; c < columns; c++) to[r * columns + c] = ((Math.imul(a, b[c]) + d) | 0) * 2 ** -32 + 0.5;
  }
}
