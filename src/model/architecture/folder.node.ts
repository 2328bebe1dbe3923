import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { familyOf, modelConfigFromHf, modelConfigToHf, parameterSpecs } from './families.js';
import { readJsonFile } from './json-file.node.js';
import type { ConfigOf, ModelConfig, ModelKind } from './model.js';
import type { Params } from './specs.js';
import { nameList, readWeights, writeWeights } from './weights.node.js';
import type { WriteWeightsOptions } from './weights.node.js';

/** A model of kind `K` with its weights in f32. */
export interface Model<K extends ModelKind = ModelKind> {
  readonly config: ConfigOf<K>;
  readonly params: Params<HostTensor>;
}

/**
 * The configuration of a Hugging Face folder, without its weights.
 *
 * @throws InvalidInput `model.missing` or `model.config`.
 */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const json = await readJsonFile(join(folder, 'config.json'));
  if (!json) {
    throw new InvalidInput(
      'model.missing',
      `load model: expected ${join(folder, 'config.json')}, got none; give the folder of a model, or convert one with \`abovo import\``,
      { folder },
    );
  }
  return modelConfigFromHf(json);
}

/**
 * Loads a Hugging Face folder: config.json of a supported family and model.safetensors, or the shards that
 * model.safetensors.index.json names. Half-precision weights become f32. `kind` is what the caller can use.
 *
 * @throws InvalidInput for a folder without a model, a config that is not supported or of another kind, tensors that
 * are missing, of another shape, or unknown (a model that computes something else): all of them in one message.
 */
export async function loadModel<K extends ModelKind = ModelKind>(folder: string, kind?: K): Promise<Model<K>> {
  let config = await readModelConfig(folder);
  if (kind && config.kind !== kind) {
    throw new InvalidInput(
      'model.kind',
      `load ${folder}: expected a ${kind}, got ${config.family}, which is of kind ${config.kind}`,
      { folder },
    );
  }
  const family = familyOf(config);
  const params = await readWeights(folder, (names) => {
    config = family.withStored?.(config, names) ?? config;
    return {
      label: `a ${config.family} model`,
      shapes: parameterSpecs(config),
      rename: (stored) => family.alias?.(stored, config) ?? stored,
      isExtra: (stored) => family.isExtra?.(stored, config) ?? false,
      fill: (name) => family.fill?.(name, config),
    };
  });
  return { config: config as ConfigOf<K>, params };
}

/** A whole number where transformers 5 takes nothing but a float: 1 must be spelled 1.0, which JSON.stringify never does. */
const wholeFloat =
  /^( {2}"(?:attn_logit_softcapping|final_logit_softcapping|init_std|initializer_factor|initializer_range|layer_norm_eps|layer_norm_epsilon|norm_eps|rms_norm_eps)": \d+)(,?)$/gm;

const torchTypes = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' } as const;

/**
 * Writes config.json, generation_config.json and model.safetensors (or shards) as transformers reads them. config.json comes
 * last: a folder that has it is complete.
 *
 * @throws InvalidInput `model.parameter` for weights that do not fit the configuration or the element type.
 */
export async function saveModel(
  folder: string,
  config: ModelConfig,
  params: Params<HostTensor>,
  options: WriteWeightsOptions = {},
): Promise<void> {
  const tensors: Record<string, HostTensor> = {};
  const problems: string[] = [];
  for (const [name, { shape }] of Object.entries(parameterSpecs(config))) {
    const tensor = params[name];
    if (tensor && tensor.shape.join() === shape.join()) tensors[name] = tensor;
    else problems.push(`${name} (expected [${shape}], got ${tensor ? `[${tensor.shape}]` : 'none'})`);
  }
  if (problems.length > 0) {
    throw new InvalidInput(
      'model.parameter',
      `save model: expected the tensors of the configuration, got others for ${nameList(problems)}`,
      { problems },
    );
  }
  await mkdir(folder, { recursive: true });
  const text = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;
  await writeWeights(folder, tensors, options);
  const generation = { bos_token_id: config.bos, eos_token_id: config.eos, ...familyOf(config).generation?.(config) };
  await writeFileAtomic(join(folder, 'generation_config.json'), text(generation));
  await writeFileAtomic(
    join(folder, 'config.json'),
    text({ ...modelConfigToHf(config), torch_dtype: torchTypes[options.dtype ?? 'f32'] }).replace(wholeFloat, '$1.0$2'),
  );
}
