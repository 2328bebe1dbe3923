import { InvalidInput } from '../../../base/core/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { parameterSpecs } from '../../architecture/index.js';
import type { ModelConfig, Params } from '../../architecture/index.js';
import { halvesToPairs, pairsToHalves } from '../rotary.js';
import { familyOfArchitecture, familyOfConfig } from './families.js';
import { FamilyKeys } from './family.js';
import type { GgufFacts, GgufFamily, GgufTensorRow } from './family.js';
import { MetadataReader } from './metadata.js';
import type { GgufMetadata, GgufValue } from './metadata.js';
import type { GgufHeader } from './parse.js';
import { ggufTypes, storageOf } from './tensor-types.js';
import type { GgufTypeName } from './tensor-types.js';
import type { GgufTensorSource } from './write.js';

function refuse(message: string, fields: Record<string, unknown> = {}): never {
  throw new InvalidInput('gguf.model', `gguf: ${message}`, fields);
}

/** [rows, columns] turned to [columns, rows]. */
function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j];
  return out;
}

const mostNamed = 40;
const list = (names: readonly string[]) =>
  `${names.slice(0, mostNamed).join(', ')}${names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''}`;

/** How a model lies in a file that was read. */
export interface GgufModelPlan {
  readonly config: ModelConfig;
  /** Each parameter: the tensor it comes from, and how it gets Hugging Face's layout. */
  readonly rows: readonly GgufTensorRow[];
}

/**
 * The configuration of a model in a GGUF file, and which tensor is which parameter; nothing but the header is read.
 *
 * @throws InvalidInput for an architecture that is not supported (naming those that are), keys that change what the
 * model computes, and tensors that are missing, unknown or of another shape (all in one message).
 */
export function planGgufModel(
  header: GgufHeader,
  known: Pick<GgufFacts, 'bos' | 'eos' | 'ropeFactors'>,
): GgufModelPlan {
  const { tensors } = header;
  const metadata = new MetadataReader(header.metadata);
  if (metadata.number('split.count', 1) > 1) {
    refuse('expected a whole model, got one of several parts; join them with `llama-gguf-split --merge FIRST OUT`');
  }
  const family = familyOfArchitecture(metadata.string('general.architecture'));
  const keys = new FamilyKeys(metadata, family.architecture);
  const embedding = tensors.get('token_embd.weight');
  if (!embedding) refuse('expected a tensor token_embd.weight, got none');
  const vocabSize = embedding.shape[0];
  const inside = (id: number | null) => (id !== null && id < vocabSize ? id : null);
  const tied = !tensors.has('output.weight');
  const segments = tensors.get('token_types.weight')?.shape[0];
  const config = family.config(keys, {
    vocabSize,
    tied,
    has: (name) => tensors.has(name),
    ...known,
    bos: inside(known.bos),
    eos: inside(known.eos),
    ...(segments !== undefined && { segments }),
  });
  const unread = keys.unread();
  if (unread.length > 0) {
    refuse(`expected keys that are known, got ${list(unread)}: they may change what the model computes`, { unread });
  }
  const specs = parameterSpecs(config);
  const rows = family.tensors(config);
  const missing: string[] = [];
  const shapes: string[] = [];
  for (const { gguf, hf, turn } of rows) {
    const found = tensors.get(gguf);
    const expected = turn === 'transpose' ? specs[hf].shape.toReversed() : specs[hf].shape;
    if (!found) missing.push(gguf);
    else if (found.shape.join() !== expected.join())
      shapes.push(`${gguf} (expected [${expected}], found [${found.shape}])`);
  }
  const constants = family.constants?.(config).map(({ name }) => name) ?? [];
  const expected = new Set([...rows.map((row) => row.gguf), ...constants]);
  const extra = [...tensors.keys()].filter((name) => !expected.has(name));
  const problems = [
    ...(missing.length > 0 ? [`none for ${list(missing)}`] : []),
    ...(extra.length > 0 ? [`unknown ones: ${list(extra)}`] : []),
    ...(shapes.length > 0 ? [`others of another shape: ${list(shapes)}`] : []),
  ];
  if (problems.length > 0) {
    refuse(`expected the tensors of a ${family.architecture} model, got ${problems.join('; ')}`, {
      missing,
      extra,
      shapes,
    });
  }
  return { config, rows };
}

/** A tensor of the file in Hugging Face's layout. */
export function toHuggingFace({ turn }: GgufTensorRow, config: ModelConfig, tensor: HostTensor): HostTensor {
  if (turn === undefined) return tensor;
  const data = tensor.data as Float32Array;
  if (turn === 'plusOne')
    return hostTensor(
      'f32',
      tensor.shape,
      data.map((value) => value - 1),
    );
  const [rows, columns] = tensor.shape;
  if (turn === 'transpose') return hostTensor('f32', [columns, rows], transpose(data, rows, columns));
  return hostTensor('f32', tensor.shape, pairsToHalves(data, config.headSize, columns ?? 1));
}

/** Types that models are written in. */
export type GgufWriteType = 'f32' | 'f16' | 'q8_0' | 'q4_0';

/** llama.cpp's number for a file whose tensors are mostly of this type. */
const fileTypes: Readonly<Record<GgufWriteType, number>> = { f32: 0, f16: 1, q4_0: 2, q8_0: 7 };

/** The type that a tensor is written in where `type` is asked for. */
function typeFor(row: GgufTensorRow, shape: readonly number[], type: GgufWriteType, isHead: boolean): GgufTypeName {
  if (shape.length === 1 || row.exact) return 'F32';
  // Four bits are too few for the matrix that chooses the next token.
  const wanted = type === 'q4_0' && isHead ? 'q8_0' : type;
  const name = Object.entries(ggufTypes).find(([, { storage }]) => storage === wanted)?.[0] as GgufTypeName;
  return (shape.at(-1) as number) % storageOf(name).elements === 0 ? name : 'F16';
}

/** Fields that a file does not hold, or holds with its tokenizer. */
const elsewhere = new Set(['initializerRange', 'bos', 'eos', 'pad']);

/** Throws where the family's metadata does not lead back to the same configuration: a switch that it has no key for. */
function checkRepresentable(family: GgufFamily, config: ModelConfig, metadata: GgufMetadata): void {
  const keys = new FamilyKeys(new MetadataReader(metadata), family.architecture);
  const { vocabSize, tieEmbeddings: tied, bos, eos } = config;
  const segments = config.kind === 'encoder' ? config.typeVocabSize : undefined;
  const factors = family.constants?.(config).find(({ name }) => name === 'rope_freqs.weight');
  const names = new Set(family.tensors(config).map((row) => row.gguf));
  const back = family.config(keys, {
    vocabSize,
    tied,
    bos,
    eos,
    has: (name) => names.has(name),
    ...(segments !== undefined && { segments }),
    ...(factors && { ropeFactors: factors.values }),
  });
  const differing = Object.entries(config).filter(([field, value]) => {
    if (elsewhere.has(field) || family.leaves?.fields.includes(field)) return false;
    const read = (back as unknown as Record<string, unknown>)[field];
    if (typeof value === 'number' && typeof read === 'number') return Math.fround(value) !== Math.fround(read);
    return JSON.stringify(value) !== JSON.stringify(read);
  });
  if (differing.length > 0) {
    refuse(
      `expected a model that ${family.architecture} in GGUF can describe, got one with ${list(
        differing.map(([field, value]) => `${field} ${JSON.stringify(value)}`),
      )}`,
    );
  }
}

/** A model on its way into a file. */
export interface GgufModel {
  readonly architecture: string;
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensorSource[];
  /** Tensors that could not be of the type asked for, because their rows fill no blocks. */
  readonly notes: readonly string[];
}

/**
 * Metadata (without tokenizer) and tensors of a model for GGUF. Vectors and tables of positions stay in f32; rows that
 * fill no blocks become f16; with q4_0 the head is q8_0.
 *
 * @throws InvalidInput for a configuration that the format's keys cannot describe.
 */
export function ggufModel(
  config: ModelConfig,
  params: Params<HostTensor>,
  type: GgufWriteType,
  title: string,
): GgufModel {
  const family = familyOfConfig(config);
  const metadata = new Map<string, GgufValue>([
    ['general.architecture', { type: 'string', value: family.architecture }],
    ['general.type', { type: 'string', value: 'model' }],
    ['general.name', { type: 'string', value: title }],
    ['general.file_type', { type: 'u32', value: fileTypes[type] }],
    ['general.quantization_version', { type: 'u32', value: 2 }],
  ]);
  for (const [key, value] of Object.entries(family.metadata(config)))
    metadata.set(`${family.architecture}.${key}`, value);
  if (config.kind === 'encoder') {
    metadata.set('tokenizer.ggml.token_type_count', { type: 'u32', value: config.typeVocabSize });
  }
  checkRepresentable(family, config, metadata);
  const rows = family.tensors(config);
  const specs = parameterSpecs(config);
  const named = new Set(rows.map(({ hf }) => hf));
  const left = Object.keys(specs).filter((hf) => !named.has(hf));
  const unnamed = left.filter((hf) => !family.leaves?.isTensor?.(hf));
  if (unnamed.length > 0) refuse(`expected tensors that ${family.architecture} has names for, got ${list(unnamed)}`);
  const headRow = config.kind === 'decoder' && config.tieEmbeddings ? 'token_embd.weight' : 'output.weight';
  const fallen: string[] = [];
  const tensors = rows.map((row): GgufTensorSource => {
    const stored = specs[row.hf].shape;
    const shape = row.turn === 'transpose' ? stored.toReversed() : stored;
    const written = typeFor(row, shape, type, row.gguf === headRow);
    if (written === 'F16' && type !== 'f16') fallen.push(row.gguf);
    const values = () => {
      const data = params[row.hf].data as Float32Array;
      if (row.turn === 'transpose') return transpose(data, stored[0], stored[1]);
      if (row.turn === 'plusOne') return data.map((value) => value + 1);
      return row.turn ? halvesToPairs(data, config.headSize, stored[1] ?? 1) : data;
    };
    return { name: row.gguf, type: written, shape, values };
  });
  for (const { name, values } of family.constants?.(config) ?? []) {
    tensors.push({ name, type: 'F32', shape: [values.length], values: () => values });
  }
  const notes = left.length > 0 && family.leaves?.note ? [family.leaves.note] : [];
  if (fallen.length > 0) notes.push(`in f16, because their rows are no whole blocks of 32: ${list(fallen)}`);
  return { architecture: family.architecture, metadata, tensors, notes };
}
