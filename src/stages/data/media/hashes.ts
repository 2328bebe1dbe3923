/** Bits of a picture that small changes (scale, compression, brightness) leave alone, as 16 hex digits. */
export type ImageHash = string;

const hex = (bits: readonly boolean[]): ImageHash => {
  let text = '';
  for (let i = 0; i < bits.length; i += 4) {
    text += ((bits[i] ? 8 : 0) + (bits[i + 1] ? 4 : 0) + (bits[i + 2] ? 2 : 0) + (bits[i + 3] ? 1 : 0)).toString(16);
  }
  return text;
};

/** Levels of grey below which neighbours count as equal: in flat areas compression alone would decide. */
const flat = 3;

/** Whether each of 9 x 8 grey values is darker than its right neighbour (Krawetz's difference hash, with a step for flat areas). */
export function differenceHash(grey9x8: Uint8Array): ImageHash {
  const bits: boolean[] = [];
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) bits.push(grey9x8[y * 9 + x + 1]! - grey9x8[y * 9 + x]! > flat);
  }
  return hex(bits);
}

const cosines = Array.from({ length: 8 }, (_, k) =>
  Array.from({ length: 32 }, (_, n) => Math.cos((Math.PI * k * (2 * n + 1)) / 64)),
);

/** Which of the 64 lowest frequencies of 32 x 32 grey values lie above their median (the DCT hash of pHash); the mean is left out of it. */
export function frequencyHash(grey32x32: Uint8Array): ImageHash {
  const rows = Array.from({ length: 32 }, (_, y) =>
    cosines.map((wave) => wave.reduce((sum, value, x) => sum + value * grey32x32[y * 32 + x]!, 0)),
  );
  const values = cosines.flatMap((wave) =>
    Array.from({ length: 8 }, (_, u) => wave.reduce((sum, value, y) => sum + value * rows[y]![u]!, 0)),
  );
  const sorted = values.slice(1).sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  return hex(values.map((value) => value > median));
}

/** Bits that differ: 0 for copies, about 32 for pictures that have nothing to do with each other. */
export function hashDistance(a: ImageHash, b: ImageHash): number {
  let differing = BigInt(`0x${a}`) ^ BigInt(`0x${b}`);
  let count = 0;
  for (; differing > 0n; differing &= differing - 1n) count++;
  return count;
}
