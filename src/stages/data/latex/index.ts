/**
 * LaTeX sources as text: macros expanded, files joined, formulas kept or dropped.
 *
 * @module
 * @example
 * ```ts
 * import { latexToText } from 'abovo/data/latex';
 * latexToText('\\newcommand{\\egg}[1]{#1 egg} An \\egg{\\emph{oval}} \\% of $\\egg{x}$').text; // 'An oval egg % of $x egg$'
 * ```
 */
export { TexError, readerLimits } from './token-stream.js';
export type { ReaderLimits } from './token-stream.js';
export { latexToText } from './render.js';
export type { LatexOptions, LatexText } from './render.js';
