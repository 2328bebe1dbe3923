/**
 * Arithmetic on rows of floats as WebAssembly SIMD, assembled here for the sizes at hand: steps of training with two
 * matrices, GloVe's step, and products of many rows.
 *
 * @module
 * @example
 * ```ts no-run
 * const layout = trainingLayout({ dim: 100, inputRows: 10, outputRows: 10, maxInputs: 1, maxTargets: 2 });
 * const kernels = trainingKernels(trainingMemory(layout), layout);
 * kernels.inputs[0] = 3;
 * kernels.targets.set([4, 5]);
 * kernels.labels.set([1, 0]);
 * kernels.step(1, 2, 0.025, 1, 1); // row 3 of the input moves toward row 4 of the output and away from row 5
 * ```
 */
export { readRows, trainingKernels, trainingLayout, trainingMemory, viewRows } from './training.js';
export type { TrainingKernels, TrainingLayout } from './training.js';
export { Products } from './products.js';
export { gloveKernels } from './glove.js';
