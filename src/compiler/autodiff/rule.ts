import { invariant } from '../../base/core/index.js';
import { isStatic, reduceSum, reshape } from '../ir/index.js';
import type { PrimitiveAttributes, PrimitiveName, Shape, Tensor } from '../ir/index.js';

/** One application of a primitive, seen from behind. */
export interface Application<P extends PrimitiveName> {
  readonly attributes: PrimitiveAttributes[P];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Gradient of the loss by each output; undefined where the loss does not depend on it. */
  readonly gradients: readonly (Tensor | undefined)[];
  /** Whether the gradient by each input is asked for. */
  readonly needs: readonly boolean[];
}

/** Gradient of a part of an input, zero elsewhere: parts of one tensor are joined instead of padded and added. */
export interface Part {
  readonly axis: number;
  readonly start: number;
  readonly gradient: Tensor;
}

/** Gradient by one input; undefined says zero (or not asked for). */
export type Contribution = Tensor | Part | undefined;

export type Vjp<P extends PrimitiveName> = (application: Application<P>) => readonly Contribution[];

/** A primitive without a usable gradient. */
export interface NoGradient {
  /** `zero`: constant almost everywhere, nothing flows back. `refused`: asking for it is the caller's mistake. */
  readonly kind: 'zero' | 'refused';
  readonly reason: string;
}

export type VjpRules<P extends PrimitiveName> = { readonly [Q in P]: Vjp<Q> | NoGradient };

export const zero = (reason: string): NoGradient => ({ kind: 'zero', reason });
export const refused = (reason: string): NoGradient => ({ kind: 'refused', reason });

/** The gradient by the first output, where it must be there because the primitive has only one. */
export function only(gradients: readonly (Tensor | undefined)[]): Tensor {
  invariant(gradients[0], 'a rule runs only where a gradient arrives');
  return gradients[0];
}

/** Adds up what broadcasting had repeated. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  const lead = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((dim, i) => (i < lead || (shape[i - lead] === 1 && dim !== 1) ? [i] : []));
  return axes.length === 0 ? gradient : reshape(reduceSum(gradient, axes), shape);
}

export function staticShape(tensor: Tensor): readonly number[] {
  invariant(isStatic(tensor.shape), 'gradients are taken of static shapes only');
  return tensor.shape;
}
