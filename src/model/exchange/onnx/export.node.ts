import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '../../../base/core/index.js';
import { writeFileAtomic } from '../../../base/core/index.node.js';
import { lower } from '../../../compiler/onnx/index.js';
import { countParameters, portableDecoderGraph, portableEncoderGraph } from '../../architecture/index.js';
import type { ModelConfig } from '../../architecture/index.js';
import { loadModel } from '../../architecture/index.node.js';

export interface ExportedOnnx {
  readonly format: 'onnx';
  readonly out: string;
  readonly config: ModelConfig;
  readonly parameters: number;
  /** Bytes of `onnx/model.onnx`. */
  readonly bytes: number;
}

/** Files that travel with a model; config.json comes last: a folder that has it is complete. */
const companions = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
  'generation_config.json',
  'config.json',
];

/**
 * Writes a model as ONNX in the layout of Optimum, which transformers.js reads: `onnx/model.onnx` beside config.json and
 * the tokenizer's files. Opset 21, operators of ONNX itself alone, weights in f32; batch and lengths are free, decoders
 * take and give their keys and values.
 *
 * @throws InvalidInput for models whose file would pass 2 GiB, and for encoder-decoders, whose layout is another.
 */
export async function exportOnnx(folder: string, out: string): Promise<ExportedOnnx> {
  const { config, params } = await loadModel(folder);
  if (config.kind === 'encoder-decoder') {
    throw new InvalidInput(
      'export.kind',
      `export to onnx: expected a decoder or an encoder, got ${config.family}, an encoder-decoder; export it to safetensors`,
    );
  }
  const graph = config.kind === 'decoder' ? portableDecoderGraph(config) : portableEncoderGraph(config);
  const model = lower(graph, { constants: params, portable: true });
  await mkdir(join(out, 'onnx'), { recursive: true });
  await writeFileAtomic(join(out, 'onnx', 'model.onnx'), model);
  const present = new Set(await readdir(folder));
  for (const name of companions) if (present.has(name)) await copyFile(join(folder, name), join(out, name));
  return { format: 'onnx', out, config, parameters: countParameters(config).total, bytes: model.length };
}
