import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../base/core/index.node.js';
import { chooseModel, encodeModel, lower, lowerToModel } from '../../../compiler/onnx/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import {
  countParameters,
  portableDecoderGraph,
  portableEncoderGraph,
  portableSourceGraph,
  portableTargetGraphs,
} from '../../architecture/index.js';
import type { ModelConfig, Params } from '../../architecture/index.js';
import { loadModel } from '../../architecture/index.node.js';

export interface ExportedOnnx {
  readonly format: 'onnx';
  readonly out: string;
  readonly config: ModelConfig;
  readonly parameters: number;
  /** Bytes of the files under `onnx`. */
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

/** The files of a model, by their names without ending. */
function* filesOf(config: ModelConfig, constants: Params<HostTensor>): Generator<readonly [string, Uint8Array]> {
  const options = { constants, portable: true };
  switch (config.kind) {
    case 'decoder':
      yield ['model', lower(portableDecoderGraph(config), options)];
      return;
    case 'encoder':
      yield ['model', lower(portableEncoderGraph(config), options)];
      return;
    case 'encoder-decoder': {
      yield ['encoder_model', lower(portableSourceGraph(config), options)];
      const { first, next } = portableTargetGraphs(config);
      const [no, yes] = [lowerToModel(first, options), lowerToModel(next, options)];
      yield ['decoder_model_merged', encodeModel(chooseModel('decoder', 'use_cache_branch', { yes, no }))];
      return;
    }
    default:
      config satisfies never;
  }
}

/**
 * Writes a model as ONNX in the layout of Optimum, which transformers.js reads: `onnx/model.onnx` (of an encoder-decoder
 * `encoder_model.onnx` and `decoder_model_merged.onnx`) beside config.json and the tokenizer's files. Opset 21, operators
 * of ONNX itself alone, weights in f32; batch and lengths are free, decoders take and give their keys and values.
 *
 * @throws InvalidInput for models one of whose files would pass 2 GiB.
 */
export async function exportOnnx(folder: string, out: string): Promise<ExportedOnnx> {
  const { config, params } = await loadModel(folder);
  await mkdir(join(out, 'onnx'), { recursive: true });
  let bytes = 0;
  for (const [name, model] of filesOf(config, params)) {
    await writeFileAtomic(join(out, 'onnx', `${name}.onnx`), model);
    bytes += model.length;
  }
  const present = new Set(await readdir(folder));
  for (const name of companions) if (present.has(name)) await copyFile(join(folder, name), join(out, name));
  return { format: 'onnx', out, config, parameters: countParameters(config).total, bytes };
}
