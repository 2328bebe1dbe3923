import { blockFormats, sizeOf } from '../../../compiler/tensor/index.js';
import type { BlockType, DType } from '../../../compiler/tensor/index.js';

/** Names of the tensor types that are read, in the format's spelling. */
export type GgufTypeName =
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'Q4_0'
  | 'Q4_1'
  | 'Q5_0'
  | 'Q5_1'
  | 'Q8_0'
  | 'Q2_K'
  | 'Q3_K'
  | 'Q4_K'
  | 'Q5_K'
  | 'Q6_K'
  | 'Q8_K';

/** A tensor type: its number in a file, how it is stored, and whether abovo writes it. */
export interface GgufType {
  readonly id: number;
  readonly storage: (DType & ('f32' | 'f16' | 'bf16')) | BlockType;
  readonly written: boolean;
}

/** The tensor types that are read. */
export const ggufTypes: Readonly<Record<GgufTypeName, GgufType>> = {
  F32: { id: 0, storage: 'f32', written: true },
  F16: { id: 1, storage: 'f16', written: true },
  BF16: { id: 30, storage: 'bf16', written: false },
  Q4_0: { id: 2, storage: 'q4_0', written: true },
  Q4_1: { id: 3, storage: 'q4_1', written: false },
  Q5_0: { id: 6, storage: 'q5_0', written: false },
  Q5_1: { id: 7, storage: 'q5_1', written: false },
  Q8_0: { id: 8, storage: 'q8_0', written: true },
  Q2_K: { id: 10, storage: 'q2_k', written: false },
  Q3_K: { id: 11, storage: 'q3_k', written: false },
  Q4_K: { id: 12, storage: 'q4_k', written: false },
  Q5_K: { id: 13, storage: 'q5_k', written: false },
  Q6_K: { id: 14, storage: 'q6_k', written: false },
  Q8_K: { id: 15, storage: 'q8_k', written: false },
};

/** Other numbers that files may hold, for errors. */
const otherTypes: Readonly<Record<number, string>> = {
  9: 'Q8_1',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  34: 'TQ1_0',
  35: 'TQ2_0',
  39: 'MXFP4',
};

const byId = new Map(Object.entries(ggufTypes).map(([name, { id }]) => [id, name as GgufTypeName]));

/** The type of a number in a file, where it is read. */
export function typeOfId(id: number): GgufTypeName | undefined {
  return byId.get(id);
}

/** What a number stands for, in words. */
export function describeType(id: number): string {
  return byId.get(id) ?? otherTypes[id] ?? `type ${id}`;
}

/** Elements that are stored together, and bytes that they take. */
export function storageOf(name: GgufTypeName): { readonly elements: number; readonly bytes: number } {
  const { storage } = ggufTypes[name];
  if (storage === 'f32' || storage === 'f16' || storage === 'bf16') return { elements: 1, bytes: sizeOf(storage) };
  return blockFormats[storage];
}
