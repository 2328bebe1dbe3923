import { numElements } from '../../compiler/tensor/index.js';

/** A flat parameter tree: Hugging Face tensor names to tensors. */
export type Params<T> = Readonly<Record<string, T>>;

/** How a fresh tensor is filled: normal with this standard deviation, or one value. */
export type Initializer = { readonly normal: number } | { readonly value: number };

export type ParameterKind = 'embedding' | 'matrix' | 'vector' | 'head';

/** One tensor of a model. Linear weights lie as Hugging Face stores them: gpt2 [in, out] (Conv1D), others [out, in]. */
export interface ParameterSpec {
  readonly shape: readonly number[];
  readonly init: Initializer;
  /** Weight decay applies (everything that is not a vector). */
  readonly decay: boolean;
  readonly kind: ParameterKind;
}

export type ParameterSpecs = Readonly<Record<string, ParameterSpec>>;

/** Collects the tensors of a model in the order of computation. */
export class SpecBuilder {
  readonly specs: Record<string, ParameterSpec> = {};
  readonly #std: number;

  /** `std`: standard deviation of fresh weights where a call names no other. */
  constructor(std: number) {
    this.#std = std;
  }

  /** A table that rows are looked up in. */
  table(name: string, shape: readonly number[], normal = this.#std): void {
    this.specs[name] = { shape, init: { normal }, decay: true, kind: 'embedding' };
  }

  /** A linear map. */
  matrix(name: string, shape: readonly number[], normal = this.#std): void {
    this.specs[name] = { shape, init: { normal }, decay: true, kind: 'matrix' };
  }

  /** A bias or the weight of a norm, filled with `value`; it takes no weight decay. */
  vector(name: string, length: number, value: number): void {
    this.specs[name] = { shape: [length], init: { value }, decay: false, kind: 'vector' };
  }

  /** The map to the vocabulary, where it is a matrix of its own. */
  head(name: string, shape: readonly number[], normal = this.#std): void {
    this.specs[name] = { shape, init: { normal }, decay: true, kind: 'head' };
  }
}

/** Parameters in all, and without the tables that are only looked up. */
export function countSpecs(specs: ParameterSpecs): { readonly total: number; readonly nonEmbedding: number } {
  let total = 0;
  let embedding = 0;
  for (const spec of Object.values(specs)) {
    const count = numElements(spec.shape);
    total += count;
    if (spec.kind === 'embedding') embedding += count;
  }
  return { total, nonEmbedding: total - embedding };
}

/** Operations per token of `weights` numbers that it is multiplied by and `attention` operations forward. */
export function weightFlops(
  weights: number,
  attention: number,
): { readonly forward: number; readonly training: number } {
  return { forward: 2 * weights + attention, training: 6 * weights + 3 * attention };
}
