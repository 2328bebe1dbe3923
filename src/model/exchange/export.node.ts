import { resolve } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import type { ModelConfig } from '../architecture/index.js';
import type { WeightType } from '../architecture/index.node.js';
import { exportGguf } from './gguf/index.node.js';
import { importModel } from './import.node.js';
import { exportOnnx } from './onnx/index.node.js';

export interface ExportOptions {
  /** File or folder to write. */
  readonly out: string;
  /** What weights are written in; each format has its own (see `exportFormats`). */
  readonly type?: string;
  /** Largest file of weights, in bytes (`huggingface`). */
  readonly shardBytes?: number;
  /** Write a vocabulary that llama.cpp joins a little differently (`gguf`). */
  readonly approximateTokenizer?: boolean;
}

export interface ExportedModel {
  readonly format: ExportFormat;
  readonly out: string;
  readonly config: ModelConfig;
  readonly parameters: number;
  /** What the file's readers do differently, and tensors of another type than the one asked for. */
  readonly notes: readonly string[];
}

export type ExportFormat = 'huggingface' | 'gguf' | 'onnx';

/** A format to write. */
export interface ExportRow {
  readonly makes: 'file' | 'folder';
  /** Programs that read it. */
  readonly readers: string;
  /** Types of weights, the default first. */
  readonly types: readonly string[];
  readonly run: (
    folder: string,
    options: ExportOptions,
  ) => Promise<Omit<ExportedModel, 'notes' | 'format'> & { notes?: readonly string[] }>;
}

/** The formats that models are written in. */
export const exportFormats: Readonly<Record<ExportFormat, ExportRow>> = {
  huggingface: {
    makes: 'folder',
    readers: 'transformers, abovo',
    types: ['f32', 'f16', 'bf16'],
    run: (folder, { out, type, shardBytes }) =>
      importModel(folder, { out, dtype: type as WeightType, ...(shardBytes !== undefined && { shardBytes }) }),
  },
  gguf: {
    makes: 'file',
    readers: 'llama.cpp and what is built on it',
    types: ['f16', 'f32', 'q8_0', 'q4_0'],
    run: (folder, { out, type, approximateTokenizer }) =>
      exportGguf(folder, out, {
        type: type as 'f16',
        ...(approximateTokenizer !== undefined && { approximateTokenizer }),
      }),
  },
  onnx: {
    makes: 'folder',
    readers: 'transformers.js, ONNX Runtime',
    types: ['f32'],
    run: (folder, { out }) => exportOnnx(folder, out),
  },
};

/**
 * Writes a model folder in another format.
 *
 * @throws InvalidInput for formats and types that are not written (naming those that are), and for models and
 * tokenizers that the format does not have.
 */
export async function exportModel(
  folder: string,
  format: ExportFormat,
  options: ExportOptions,
): Promise<ExportedModel> {
  if (!Object.hasOwn(exportFormats, format)) {
    const names = Object.keys(exportFormats).join(', ');
    throw new InvalidInput('export.format', `export: expected a format of ${names}, got ${format}`, { format });
  }
  const row = exportFormats[format];
  const { type = row.types[0] } = options;
  if (!row.types.includes(type)) {
    throw new InvalidInput(
      'export.type',
      `export to ${format}: expected a type of ${row.types.join(', ')}, got ${type}`,
      {
        type,
      },
    );
  }
  if (resolve(folder) === resolve(options.out)) {
    throw new InvalidInput('export.out', 'export: expected another place for the result than the model', {});
  }
  const { notes = [], ...made } = await row.run(folder, { ...options, type });
  return { ...made, format, notes };
}
