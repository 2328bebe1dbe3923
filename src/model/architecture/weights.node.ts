import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import { fromFloats, hostTensor, numElements, sizeOf, toFloats } from '../../compiler/tensor/index.js';
import type { DType, HalfType, HostTensor } from '../../compiler/tensor/index.js';
import { SafetensorsReader, writeSafetensorsFile } from '../../compiler/tensor/index.node.js';
import { readJsonFile } from './json-file.node.js';

/** Element types that weights are written in. */
export type WeightType = 'f32' | HalfType;

export interface WriteWeightsOptions {
  /** Default f32. */
  readonly dtype?: WeightType;
  /** Largest file, in bytes of tensors; more is written as shards with an index. Default: one file. */
  readonly shardBytes?: number;
}

const weightsFile = 'model.safetensors';
const indexFile = 'model.safetensors.index.json';
const shardName = /^model-\d{5}-of-\d{5}\.safetensors$/;
const mostNamed = 40;

function refuse(message: string, fields: Record<string, unknown>): never {
  throw new InvalidInput('model.file', message, fields);
}

/** Says why a pickle is not read, and what to do instead. */
export function refusePickle(path: string): never {
  return refuse(
    `load ${path}: expected safetensors, got a pickle of PyTorch; unpickling runs code that the file brings along, so abovo never does it. ` +
      'Convert it where you trust it, in Python: `AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(OUT, safe_serialization=True)`',
    { path },
  );
}

/** The safetensors files of a folder: one, or those that its index names. */
async function weightFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder);
  if (!entries.includes(indexFile)) {
    const pickle = entries.find((name) => /\.(bin|pt|pth|ckpt|pkl)(\.index\.json)?$/.test(name));
    if (!entries.includes(weightsFile) && pickle !== undefined) refusePickle(join(folder, pickle));
    return [join(folder, weightsFile)];
  }
  const index = await readJsonFile(join(folder, indexFile));
  const map = index?.weight_map;
  const files = typeof map === 'object' && map !== null ? [...new Set(Object.values(map))] : [];
  const bad = files.find(
    (file) => typeof file !== 'string' || basename(file) !== file || !file.endsWith('.safetensors'),
  );
  if (files.length === 0 || bad !== undefined) {
    refuse(
      `read ${join(folder, indexFile)}: expected weight_map to name .safetensors files beside it, got ${JSON.stringify(bad)}`,
      { folder },
    );
  }
  const absent = (files as string[]).filter((file) => !entries.includes(file));
  if (absent.length > 0) {
    refuse(`load ${folder}: expected the shards of ${indexFile}, got none of ${nameList(absent)}`, { absent });
  }
  return (files as string[]).map((file) => join(folder, file));
}

/** Names for a message, the first 40 of them. */
export function nameList(names: readonly string[]): string {
  const rest = names.length - mostNamed;
  return `${names.slice(0, mostNamed).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** What is expected of a folder's tensors. */
export interface WeightSpecs {
  /** What stands in errors: "a llama model". */
  readonly label: string;
  readonly shapes: Readonly<Record<string, { readonly shape: readonly number[] }>>;
  /** The name of a tensor here, from what a file calls it. */
  readonly rename: (stored: string) => string;
  /** Tensors that files may carry beside the weights. */
  readonly isExtra: (stored: string) => boolean;
  /** The value of a tensor that files may lack; undefined where they may not. */
  readonly fill: (name: string) => number | undefined;
}

const floatTypes: readonly DType[] = ['f32', 'f16', 'bf16'];

/** Everything that is wrong with a folder's tensors, told at once: nothing has been read then but headers. */
function checkNames(folder: string, readers: readonly SafetensorsReader[], specs: WeightSpecs) {
  const wanted = new Map<string, { reader: SafetensorsReader; stored: string }>();
  const extra: string[] = [];
  const twice: string[] = [];
  const shapes: string[] = [];
  const types: string[] = [];
  for (const reader of readers) {
    for (const [stored, entry] of reader.tensors) {
      const name = Object.hasOwn(specs.shapes, stored) ? stored : specs.rename(stored);
      if (!Object.hasOwn(specs.shapes, name)) {
        if (!specs.isExtra(stored)) extra.push(stored);
        continue;
      }
      const { shape } = specs.shapes[name];
      if (wanted.has(name)) twice.push(name);
      if (entry.shape.join() !== shape.join()) {
        shapes.push(`${name} (expected [${shape}] by config.json, found [${entry.shape}])`);
      }
      if (!floatTypes.includes(entry.dtype)) types.push(`${name} (${entry.dtype})`);
      wanted.set(name, { reader, stored });
    }
  }
  const missing = Object.keys(specs.shapes).filter((name) => !wanted.has(name) && specs.fill(name) === undefined);
  const problems = [
    ...(missing.length > 0 ? [`none for ${nameList(missing)}`] : []),
    ...(extra.length > 0 ? [`unknown ones: ${nameList(extra)}`] : []),
    ...(twice.length > 0 ? [`some twice: ${nameList(twice)}`] : []),
    ...(shapes.length > 0 ? [`others of another shape: ${nameList(shapes)}`] : []),
    ...(types.length > 0 ? [`some that are not f32, f16 or bf16: ${nameList(types)}`] : []),
  ];
  if (problems.length > 0) {
    throw new InvalidInput(
      'model.parameter',
      `load ${folder}: expected the tensors of ${specs.label}, got ${problems.join('; ')}`,
      { missing, extra, shapes },
    );
  }
  return wanted;
}

function toF32(tensor: HostTensor): HostTensor {
  if (tensor.dtype === 'f32') return tensor;
  return hostTensor('f32', tensor.shape, toFloats(tensor.dtype as HalfType, tensor.data as Uint16Array));
}

/**
 * The weights of a Hugging Face folder in f32: model.safetensors, or the shards that its index names. What is expected
 * may depend on the names that are stored.
 *
 * @throws InvalidInput where the only weights are pickles, and where tensors are missing, unknown, twice there, of
 * another shape or not of floats: all of them in one message.
 */
export async function readWeights(
  folder: string,
  specsOf: (stored: ReadonlySet<string>) => WeightSpecs,
): Promise<Record<string, HostTensor>> {
  const readers: SafetensorsReader[] = [];
  try {
    for (const file of await weightFiles(folder)) readers.push(await SafetensorsReader.open(file));
    const specs = specsOf(new Set(readers.flatMap(({ tensors }) => [...tensors.keys()])));
    const params: Record<string, HostTensor> = {};
    for (const [name, { reader, stored }] of checkNames(folder, readers, specs)) {
      params[name] = toF32(await reader.read(stored));
    }
    for (const [name, { shape }] of Object.entries(specs.shapes)) {
      params[name] ??= hostTensor('f32', shape, new Float32Array(numElements(shape)).fill(specs.fill(name) as number));
    }
    return params;
  } finally {
    for (const reader of readers) await reader.close();
  }
}

/** Tensors of `type`; a number that f16 cannot hold is an error, not an infinity. */
function convert(name: string, tensor: HostTensor, type: WeightType): HostTensor {
  if (type === 'f32' || tensor.dtype !== 'f32') return tensor;
  const values = tensor.data as Float32Array;
  const data = fromFloats(type, values);
  const infinity = type === 'f16' ? 0x7c00 : 0x7f80;
  const bad = data.findIndex((bits, i) => (bits & 0x7fff) === infinity && Number.isFinite(values[i]));
  if (bad >= 0) {
    throw new InvalidInput(
      'model.parameter',
      `save model: expected numbers that ${type} can hold, got ${values[bad]} in ${name}; write f32${type === 'f16' ? ' or bf16' : ''}`,
      { name },
    );
  }
  return hostTensor(type, tensor.shape, data);
}

/** Groups of tensors of at most `most` bytes each; a larger tensor stands alone. */
function shards(tensors: Readonly<Record<string, HostTensor>>, type: WeightType, most: number): string[][] {
  const groups: string[][] = [[]];
  let filled = 0;
  for (const [name, { shape }] of Object.entries(tensors)) {
    const bytes = numElements(shape) * sizeOf(type);
    if (filled > 0 && filled + bytes > most) {
      groups.push([]);
      filled = 0;
    }
    groups.at(-1)?.push(name);
    filled += bytes;
  }
  return groups;
}

/**
 * Writes model.safetensors, or shards and their index where they would be larger than `shardBytes`, and removes what an
 * earlier, differently divided version of the folder left.
 *
 * @throws InvalidInput for numbers that the element type cannot hold.
 */
export async function writeWeights(
  folder: string,
  tensors: Readonly<Record<string, HostTensor>>,
  { dtype = 'f32', shardBytes = Number.POSITIVE_INFINITY }: WriteWeightsOptions = {},
): Promise<void> {
  if (!(shardBytes > 0)) {
    throw new InvalidInput('model.shards', `save model: expected shardBytes above 0, got ${shardBytes}`);
  }
  const groups = shards(tensors, dtype, shardBytes);
  const write = (file: string, names: readonly string[]) =>
    writeSafetensorsFile(
      join(folder, file),
      Object.fromEntries(names.map((name) => [name, convert(name, tensors[name], dtype)])),
      { format: 'pt' },
    );
  const written = new Set<string>();
  if (groups.length === 1) {
    await write(weightsFile, groups[0]);
    written.add(weightsFile);
  } else {
    const number = (n: number) => String(n).padStart(5, '0');
    const map: Record<string, string> = {};
    // Shards of an earlier version may have the same names: without its index a half-written folder is an error.
    await rm(join(folder, indexFile), { force: true });
    for (const [i, names] of groups.entries()) {
      const file = `model-${number(i + 1)}-of-${number(groups.length)}.safetensors`;
      await write(file, names);
      written.add(file);
      for (const name of names) map[name] = file;
    }
    const total = Object.values(tensors).reduce((sum, { shape }) => sum + numElements(shape) * sizeOf(dtype), 0);
    const index = { metadata: { total_size: total }, weight_map: map };
    await writeFileAtomic(join(folder, indexFile), `${JSON.stringify(index, undefined, 2)}\n`);
    written.add(indexFile);
  }
  // The index first: readers prefer it, and it must not outlive its shards.
  const stale = (await readdir(folder)).filter(
    (name) => !written.has(name) && (name === weightsFile || name === indexFile || shardName.test(name)),
  );
  for (const name of stale.sort((a, b) => Number(b === indexFile) - Number(a === indexFile))) {
    await rm(join(folder, name));
  }
}
