import { InvalidInput } from '../../base/core/index.js';
import type { Json } from '../../base/core/index.js';
import { decoders, ownModelType } from './decoder/index.js';
import { encoderDecoders } from './encoder-decoder/index.js';
import { encoders } from './encoder/index.js';
import { Fields, refuseField } from './fields.js';
import type { Family, FlopsPerToken, ModelConfig } from './model.js';
import { countSpecs } from './specs.js';
import type { ParameterSpecs } from './specs.js';

/** Every family there is: one row each, total over the names. */
export const families: Readonly<Record<ModelConfig['family'], Family>> = {
  ...decoders,
  ...encoders,
  ...encoderDecoders,
};

/** The family of a configuration. */
export function familyOf(config: ModelConfig): Family {
  const name = config.family;
  if (!Object.hasOwn(families, name)) {
    throw new InvalidInput('model.config', `model: expected family ${list(Object.keys(families))}, got ${name}`);
  }
  return families[name];
}

function list(names: readonly string[]): string {
  return `to be one of ${names.join(', ')}`;
}

/**
 * A model's configuration from its config.json.
 *
 * @throws InvalidInput `model.config` for a `model_type` that no family reads, naming those that are, and for
 * anything that its family does not compute, naming the field.
 */
export function modelConfigFromHf(json: unknown): ModelConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new InvalidInput('model.config', 'config.json: expected an object with model_type');
  }
  const fields = new Fields(json as { readonly [key: string]: Json });
  const modelType = fields.get('model_type');
  const rows = Object.entries(families).filter(([, { modelTypes }]) => modelTypes.includes(modelType as string));
  // Our own model type is that of several families, and names which.
  const name = fields.get('family');
  const [, family] = (rows.length > 1 ? rows.find(([own]) => own === name) : rows[0]) ?? [];
  if (!family) {
    const types = Object.values(families).flatMap(({ modelTypes }) => modelTypes);
    const known = [...types.filter((type) => type !== ownModelType), ownModelType];
    if (rows.length > 1) refuseField('family', list(rows.map(([own]) => own)), name);
    refuseField('model_type', list(known), modelType);
  }
  return family.fromHf(fields);
}

/** The config.json that transformers reads, weights in f32. */
export function modelConfigToHf(config: ModelConfig): Record<string, Json> {
  return familyOf(config).toHf(config);
}

/** Every tensor of a model in the order of computation, under the names of Hugging Face. */
export function parameterSpecs(config: ModelConfig): ParameterSpecs {
  return familyOf(config).parameterSpecs(config);
}

/** Parameters in all, and without the tables that are only looked up (token and position embeddings). */
export function countParameters(config: ModelConfig): { readonly total: number; readonly nonEmbedding: number } {
  return countSpecs(parameterSpecs(config));
}

/**
 * Floating-point operations per token: 2 (forward) or 6 (training) for each weight that a token is multiplied by — the
 * head included, tied or not, the looked-up tables not — plus attention's two products, 4·T·H·K per layer forward, a
 * causal mask not deducted (PaLM, appendix B: training 6N + 12·L·H·Q·T).
 */
export function flopsPerToken(config: ModelConfig, sequenceLength: number): FlopsPerToken {
  return familyOf(config).flopsPerToken(config, sequenceLength);
}
