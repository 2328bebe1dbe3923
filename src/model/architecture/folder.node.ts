import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import { decodeBf16, decodeF16, hostTensor } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { SafetensorsReader, writeSafetensorsFile } from '../../compiler/tensor/index.node.js';
import { familyOf, modelConfigFromHf, modelConfigToHf, parameterSpecs } from './families.js';
import type { ConfigOf, ModelConfig, ModelKind } from './model.js';
import type { Params } from './specs.js';

/** A model of kind `K` with its weights in f32. */
export interface Model<K extends ModelKind = ModelKind> {
  readonly config: ConfigOf<K>;
  readonly params: Params<HostTensor>;
}

const weightsFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';
/** Larger JSON is hostile: the index of a model of 100,000 tensors has about 10 MB. */
const largestJson = 64 * 1024 * 1024;

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > largestJson) {
      throw new InvalidInput('model.file', `read ${path}: expected at most ${largestJson} bytes, got ${size}`, {
        path,
      });
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new InvalidInput('model.file', `read ${path}: expected JSON, got ${messageOf(error)}`, { path }, error);
  }
  throw new InvalidInput('model.file', `read ${path}: expected a JSON object`, { path });
}

/** The safetensors files of a folder: one, or those that its index names. */
async function weightFiles(folder: string): Promise<string[]> {
  const index = await readJson(join(folder, indexFile));
  if (!index) return [join(folder, weightsFile)];
  const map = index.weight_map;
  const files = typeof map === 'object' && map !== null ? [...new Set(Object.values(map))] : [];
  const bad = files.find(
    (file) => typeof file !== 'string' || basename(file) !== file || !file.endsWith('.safetensors'),
  );
  if (files.length === 0 || bad !== undefined) {
    throw new InvalidInput(
      'model.file',
      `read ${join(folder, indexFile)}: expected weight_map to name .safetensors files beside it, got ${JSON.stringify(bad)}`,
      { folder },
    );
  }
  return (files as string[]).map((file) => join(folder, file));
}

function toF32(name: string, tensor: HostTensor): HostTensor {
  if (tensor.dtype === 'f32') return tensor;
  if (tensor.dtype === 'f16' || tensor.dtype === 'bf16') {
    const decode = tensor.dtype === 'f16' ? decodeF16 : decodeBf16;
    return hostTensor('f32', tensor.shape, Float32Array.from(tensor.data as Uint16Array, decode));
  }
  throw new InvalidInput('model.parameter', `load model: expected ${name} in f32, f16 or bf16, got ${tensor.dtype}`, {
    name,
  });
}

/**
 * Loads a Hugging Face folder: config.json of a supported family and model.safetensors, or the shards that
 * model.safetensors.index.json names. Half-precision weights become f32. `kind` is what the caller can use.
 *
 * @throws InvalidInput for a folder without a model, a config that is not supported or of another kind, tensors that are missing, of
 * another shape, or unknown (a model that computes something else).
 */
export async function loadModel<K extends ModelKind = ModelKind>(folder: string, kind?: K): Promise<Model<K>> {
  const json = await readJson(join(folder, 'config.json'));
  if (!json) {
    throw new InvalidInput(
      'model.missing',
      `load model: expected ${join(folder, 'config.json')}, got none; give the folder of a model, or convert one with \`abovo import\``,
      { folder },
    );
  }
  const config = modelConfigFromHf(json);
  if (kind && config.kind !== kind) {
    throw new InvalidInput(
      'model.kind',
      `load ${folder}: expected a ${kind}, got ${config.family}, which is of kind ${config.kind}`,
      { folder },
    );
  }
  const family = familyOf(config);
  const specs = parameterSpecs(config);
  const params: Record<string, HostTensor> = {};
  const extra: string[] = [];
  for (const file of await weightFiles(folder)) {
    const reader = await SafetensorsReader.open(file);
    try {
      for (const stored of reader.tensors.keys()) {
        const name = specs[stored] ? stored : (family.alias?.(stored, config) ?? stored);
        const spec = specs[name];
        if (!spec) {
          if (!family.isExtra?.(stored, config)) extra.push(stored);
          continue;
        }
        const tensor = toF32(name, await reader.read(stored));
        if (tensor.shape.join() !== spec.shape.join()) {
          throw new InvalidInput(
            'model.parameter',
            `load ${file}: expected ${name} of [${spec.shape}] by config.json, got [${tensor.shape}]`,
            { name },
          );
        }
        params[name] = tensor;
      }
    } finally {
      await reader.close();
    }
  }
  const missing = Object.keys(specs).filter((name) => !params[name]);
  if (missing.length + extra.length > 0) {
    const list = (names: string[]) =>
      `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` … (${names.length})` : ''}`;
    throw new InvalidInput(
      'model.parameter',
      `load ${folder}: expected the tensors of a ${config.family} model, got ${[
        ...(missing.length > 0 ? [`none for ${list(missing)}`] : []),
        ...(extra.length > 0 ? [`unknown ones: ${list(extra)}`] : []),
      ].join(' and ')}`,
      { missing: missing.slice(0, 20), extra: extra.slice(0, 20) },
    );
  }
  return { config: config as ConfigOf<K>, params };
}

/**
 * Writes config.json, generation_config.json and model.safetensors as transformers reads them. config.json comes last:
 * a folder that has it is complete.
 *
 * @throws InvalidInput `model.parameter` for weights that do not fit the configuration.
 */
export async function saveModel(folder: string, config: ModelConfig, params: Params<HostTensor>): Promise<void> {
  const tensors: Record<string, HostTensor> = {};
  for (const [name, spec] of Object.entries(parameterSpecs(config))) {
    const tensor = params[name];
    if (tensor?.shape.join() !== spec.shape.join()) {
      throw new InvalidInput(
        'model.parameter',
        `save model: expected ${name} of [${spec.shape}], got ${tensor ? `[${tensor.shape}]` : 'none'}`,
        { name },
      );
    }
    tensors[name] = tensor as HostTensor;
  }
  await mkdir(folder, { recursive: true });
  const text = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;
  await writeSafetensorsFile(join(folder, weightsFile), tensors, { format: 'pt' });
  const generation = { bos_token_id: config.bos, eos_token_id: config.eos };
  await writeFileAtomic(join(folder, 'generation_config.json'), text(generation));
  await writeFileAtomic(join(folder, 'config.json'), text(modelConfigToHf(config)));
}
