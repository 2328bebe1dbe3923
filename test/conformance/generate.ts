import { Random } from '../../src/base/core/index.js';
import type { Tensor } from '../../src/compiler/ir/index.js';
import { encodeBf16, encodeF16, hostTensor, numElements } from '../../src/compiler/tensor/index.js';
import type { DType, HostTensor } from '../../src/compiler/tensor/index.js';

/** One application of a primitive to given numbers. */
export interface Case {
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly apply: (inputs: Readonly<Record<string, Tensor>>) => readonly Tensor[];
}

/** Makes the n-th case of a primitive; the same n gives the same case. */
export type Row = (random: Draw) => Case;

/** Draws shapes and numbers for case `index`. Small shapes: sizes 1 and 0 are as likely as others. */
export class Draw {
  readonly index: number;
  readonly #random: Random;

  constructor(op: string, index: number) {
    this.index = index;
    this.#random = new Random(`${op}/${index}`);
  }

  int(from: number, to: number): number {
    return from + this.#random.int(to - from + 1);
  }

  /** Cycles through the options, so that every one occurs. */
  cycle<T>(options: readonly T[], every = 1): T {
    return options[Math.floor(this.index / every) % options.length];
  }

  /** Sizes from 1 (or 0, in every seventh case) to 4. */
  shape(rank = this.int(0, 4), { zero = true }: { zero?: boolean } = {}): number[] {
    const shape = Array.from({ length: rank }, () => this.cycle([1, 2, 3, 4, 5].slice(this.int(0, 2))));
    const sizes = shape.map((size) => (this.int(0, 3) === 0 ? 1 : size > 3 ? this.int(1, 4) : size));
    if (zero && rank > 0 && this.index % 7 === 6) sizes[this.int(0, rank - 1)] = 0;
    return sizes;
  }

  /** A shape that broadcasts to `shape`: some sizes 1, some leading axes gone. */
  narrower(shape: readonly number[]): number[] {
    const kept = shape.slice(this.int(0, 2) === 0 ? this.int(0, shape.length) : 0);
    return kept.map((size) => (this.int(0, 2) === 0 ? 1 : size));
  }

  axis(shape: readonly number[]): number {
    return this.int(0, shape.length - 1);
  }

  permutation(rank: number): number[] {
    const rest = Array.from({ length: rank }, (_, i) => i);
    return Array.from({ length: rank }, () => rest.splice(this.int(0, rest.length - 1), 1)[0]);
  }

  float(low: number, high: number): number {
    return Math.fround(low + (high - low) * this.#random.float());
  }

  /** Numbers from low to high. */
  f32(shape: readonly number[], low = -2, high = 2): HostTensor {
    return hostTensor(
      'f32',
      shape,
      Float32Array.from({ length: numElements(shape) }, () => this.float(low, high)),
    );
  }

  /** Numbers at least `gap` from 0, where the operation has a kink or a pole. */
  away(shape: readonly number[], gap = 0.3): HostTensor {
    const signed = () => this.float(gap, 2) * (this.int(0, 1) === 0 ? -1 : 1);
    return hostTensor('f32', shape, Float32Array.from({ length: numElements(shape) }, signed));
  }

  /** Different numbers at least 0.1 apart, in random order: no ties under small changes. */
  distinct(shape: readonly number[]): HostTensor {
    const order = this.permutation(numElements(shape));
    return hostTensor(
      'f32',
      shape,
      Float32Array.from(order, (n) => (n - order.length / 2) * 0.1),
    );
  }

  i32(shape: readonly number[], low = -9, high = 9): HostTensor {
    return hostTensor(
      'i32',
      shape,
      Int32Array.from({ length: numElements(shape) }, () => this.int(low, high)),
    );
  }

  bool(shape: readonly number[]): HostTensor {
    return hostTensor(
      'bool',
      shape,
      Uint8Array.from({ length: numElements(shape) }, () => this.int(0, 1)),
    );
  }

  /** Numbers of any element type, whole ones for integers. */
  any(dtype: DType, shape: readonly number[]): HostTensor {
    const length = numElements(shape);
    if (dtype === 'f32') return this.f32(shape);
    if (dtype === 'i32') return this.i32(shape);
    if (dtype === 'bool') return this.bool(shape);
    if (dtype === 'f16' || dtype === 'bf16') {
      const encode = dtype === 'f16' ? encodeF16 : encodeBf16;
      return hostTensor(
        dtype,
        shape,
        Uint16Array.from({ length }, () => encode(this.float(-2, 2))),
      );
    }
    return hostTensor(
      dtype,
      shape,
      Array.from({ length }, () => this.int(dtype === 'u8' ? 0 : -9, 9)),
    );
  }
}
