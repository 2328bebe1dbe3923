/**
 * Reverse-mode gradients: one rule per primitive and a walk backwards that records into the same trace.
 *
 * @module
 * @example
 * ```ts
 * import { gradients } from 'abovo/autodiff';
 * import { mean, square, trace } from 'abovo/ir';
 * const graph = trace('step', { w: { dtype: 'f32', shape: [4] } }, ({ w }) => {
 *   const loss = mean(square(w));
 *   const [dw] = gradients(loss, [w]);
 *   return { loss, dw };
 * });
 * graph.outputs.map(({ name }) => name); // ['loss', 'dw']
 * ```
 */
export { gradients, valueAndGrad, vjpRules } from './gradients.js';
export type { NoGradient, Vjp, VjpRules } from './rule.js';
