import { InvalidInput } from '../../base/core/index.js';
import * as k from './block-k.js';
import * as legacy from './block-legacy.js';

/** Element types that store several numbers together, as ggml names them. */
export type BlockType =
  | 'q4_0'
  | 'q4_1'
  | 'q5_0'
  | 'q5_1'
  | 'q8_0'
  | 'q2_k'
  | 'q3_k'
  | 'q4_k'
  | 'q5_k'
  | 'q6_k'
  | 'q8_k';

/** How a block type lies in memory. */
export interface BlockFormat {
  /** Numbers in a block. */
  readonly elements: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Fills `out` from whole blocks. */
  readonly unpack: (bytes: Uint8Array, out: Float32Array) => void;
  /** Fills whole blocks from values, where this type can be written. */
  readonly pack?: (values: Float32Array, bytes: Uint8Array) => void;
}

const small = { elements: legacy.legacyBlock };
const large = { elements: k.kBlock };

/** Every block type. */
export const blockFormats: Readonly<Record<BlockType, BlockFormat>> = {
  q4_0: { ...small, bytes: 18, unpack: legacy.unpackQ4_0, pack: legacy.packQ4_0 },
  q4_1: { ...small, bytes: 20, unpack: legacy.unpackQ4_1 },
  q5_0: { ...small, bytes: 22, unpack: legacy.unpackQ5_0 },
  q5_1: { ...small, bytes: 24, unpack: legacy.unpackQ5_1 },
  q8_0: { ...small, bytes: 34, unpack: legacy.unpackQ8_0, pack: legacy.packQ8_0 },
  q2_k: { ...large, bytes: 84, unpack: k.unpackQ2_K },
  q3_k: { ...large, bytes: 110, unpack: k.unpackQ3_K },
  q4_k: { ...large, bytes: 144, unpack: k.unpackQ4_K },
  q5_k: { ...large, bytes: 176, unpack: k.unpackQ5_K },
  q6_k: { ...large, bytes: 210, unpack: k.unpackQ6_K },
  q8_k: { ...large, bytes: 292, unpack: k.unpackQ8_K },
};

function blocksOf(type: BlockType, elements: number): number {
  const format = blockFormats[type];
  if (!Number.isSafeInteger(elements) || elements < 0 || elements % format.elements !== 0) {
    throw new InvalidInput(
      'tensor.block',
      `${type}: expected a whole number of blocks of ${format.elements} elements, got ${elements} elements`,
      { type, elements },
    );
  }
  return elements / format.elements;
}

/** Bytes of `elements` numbers stored as `type`. Throws `InvalidInput` where they do not fill whole blocks. */
export function blockBytes(type: BlockType, elements: number): number {
  return blocksOf(type, elements) * blockFormats[type].bytes;
}

/** The numbers of packed blocks, equal bit by bit to those of ggml's reference code. Throws `InvalidInput` for a wrong length. */
export function unpackBlocks(type: BlockType, bytes: Uint8Array, elements: number): Float32Array {
  const expected = blockBytes(type, elements);
  if (bytes.length !== expected) {
    throw new InvalidInput('tensor.block', `${type}: expected ${expected} bytes, got ${bytes.length}`, { type });
  }
  const out = new Float32Array(elements);
  blockFormats[type].unpack(bytes, out);
  return out;
}

/**
 * Packs numbers, equal byte by byte to ggml's reference quantizer. Throws `InvalidInput` for a length that does not fill
 * blocks, values that are not finite, or a type that is only read.
 */
export function packBlocks(type: BlockType, values: Float32Array): Uint8Array {
  const { pack } = blockFormats[type];
  if (!pack) {
    const written = Object.entries(blockFormats).flatMap(([name, format]) => (format.pack ? [name] : []));
    throw new InvalidInput('tensor.block', `pack: expected ${written.join(' or ')}, got ${type}`, { type });
  }
  const bytes = new Uint8Array(blockBytes(type, values.length));
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InvalidInput('tensor.block', `${type}: expected finite values, got ${values[bad]} at ${bad}`, { type });
  }
  pack(values, bytes);
  return bytes;
}
