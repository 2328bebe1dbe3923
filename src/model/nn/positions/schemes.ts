import { constant, gather } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import { embedding } from '../linear.js';
import { alibiSlopes } from './alibi.js';
import { rotaryAngles } from './rotary.js';
import type { RotaryAngles, RotaryOptions } from './rotary.js';
import { sinusoidalTable } from './sinusoidal.js';

/** Ways in which a decoder learns where its tokens stand, each of which can take another's place. */
export const positionSchemes = ['none', 'sinusoidal', 'learned', 'rope', 'alibi'] as const;
export type PositionScheme = (typeof positionSchemes)[number];

/** What the schemes need to know of a model and of a batch. */
export interface PositionRequest {
  /** Position of each token in its sequence, i32 [B, T], below `rotary.length`. */
  readonly positions: Tensor;
  readonly hiddenSize: number;
  readonly numHeads: number;
  readonly rotary: RotaryOptions;
  /** The learned table [length, hiddenSize]; called where the scheme has one. */
  table(): Tensor;
}

/** Where positions enter a model: at the bottom, in queries and keys, or in the scores. */
export interface PositionParts {
  /** Added to the embeddings [B, T, C]. */
  readonly added?: Tensor;
  /** By which queries and keys are turned. */
  readonly rotary?: RotaryAngles;
  /** By which scores fall with the distance, one per head. */
  readonly slopes?: Float32Array;
}

const rules: Readonly<Record<PositionScheme, (request: PositionRequest) => PositionParts>> = {
  none: () => ({}),
  sinusoidal: ({ positions, hiddenSize, rotary }) => ({
    added: gather(constant(sinusoidalTable(rotary.length, hiddenSize)), positions),
  }),
  learned: ({ positions, table }) => ({ added: embedding(table(), positions) }),
  rope: ({ positions, rotary }) => ({ rotary: rotaryAngles(positions, rotary) }),
  alibi: ({ numHeads }) => ({ slopes: alibiSlopes(numHeads) }),
};

/** What a scheme gives to the forward pass of one batch. */
export function positionParts(scheme: PositionScheme, request: PositionRequest): PositionParts {
  return rules[scheme](request);
}
