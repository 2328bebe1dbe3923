import { InvalidInput } from '../../base/core/index.js';
import { activations } from '../nn/index.js';
import type { CommonConfig } from './model.js';

/** Largest values: beyond them a file is hostile, not large. */
const largestSize = 2 ** 24;
export const mostLayers = 2 ** 12;

/** Refuses a field of a configuration. */
export function refuseConfig(kind: string, field: string, expected: string, got: unknown): never {
  throw new InvalidInput(
    'model.config',
    `${kind} config: expected ${field} ${expected}, got ${JSON.stringify(got) ?? 'nothing'}`,
    { field, got },
  );
}

/** Refuses a value that is not an integer from 1 to `most`. */
export function checkSize(kind: string, field: string, value: unknown, most = largestSize): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > most) {
    refuseConfig(kind, field, `an integer from 1 to ${most}`, value);
  }
}

/** Refuses a value that is not a finite number above 0. */
export function checkPositive(kind: string, field: string, value: unknown): void {
  if (typeof value !== 'number' || !(Number.isFinite(value) && value > 0)) {
    refuseConfig(kind, field, 'a positive number', value);
  }
}

/** Checks the fields that all kinds have. */
export function checkCommon(config: CommonConfig): void {
  const { kind } = config;
  for (const field of [
    'vocabSize',
    'contextLength',
    'hiddenSize',
    'intermediateSize',
    'numLayers',
    'numHeads',
    'headSize',
  ] as const) {
    checkSize(kind, field, config[field], field === 'numLayers' ? mostLayers : largestSize);
  }
  for (const field of ['normEpsilon', 'initializerRange'] as const) checkPositive(kind, field, config[field]);
  if (!activations.includes(config.activation)) {
    refuseConfig(kind, 'activation', `to be one of ${activations.join(', ')}`, config.activation);
  }
  if (typeof config.tieEmbeddings !== 'boolean') {
    refuseConfig(kind, 'tieEmbeddings', 'true or false', config.tieEmbeddings);
  }
  for (const field of ['bos', 'eos', 'pad'] as const) {
    const id = config[field];
    if (id !== null && !(Number.isSafeInteger(id) && id >= 0 && id < config.vocabSize)) {
      refuseConfig(kind, field, `null or an id below vocabSize (${config.vocabSize})`, id);
    }
  }
}
