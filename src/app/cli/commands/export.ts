import { resolve } from 'node:path';
import { formatCount } from '../../../base/core/index.js';
import { exportFormats, exportModel } from '../../../model/exchange/index.node.js';
import type { ExportFormat } from '../../../model/exchange/index.node.js';
import { findModel } from '../../recipes/index.js';
import { bytes, oneOf } from '../command.js';
import type { Command } from '../command.js';

interface Options {
  readonly to: ExportFormat;
  readonly out: string;
  readonly type?: string;
  readonly shardSize?: number;
  readonly approximateTokenizer?: boolean;
  readonly which?: 'tuned' | 'base';
}

const formats = Object.keys(exportFormats) as ExportFormat[];
const types = formats.map((format) => `${format}: ${exportFormats[format].types.join(', ')}`).join('; ');

export const command: Command<Options> = {
  name: 'export',
  summary: 'Write a model for other programs: GGUF for llama.cpp and Ollama, ONNX for transformers.js, safetensors.',
  example: 'abovo export demo --to gguf --type q8_0 --out demo.gguf',
  arguments: [{ name: '[folder]', description: 'project or model folder (default: here)' }],
  options: [
    { flags: '--to <format>', description: formats.join(', '), parse: oneOf(...formats), required: true },
    { flags: '--out <path>', description: 'file (gguf) or folder to write', required: true },
    { flags: '--type <type>', description: `what weights are written in; the first is the default. ${types}` },
    { flags: '--shard-size <size>', description: 'largest file of weights, such as 2GB (huggingface)', parse: bytes() },
    {
      flags: '--approximate-tokenizer',
      description: 'write a vocabulary that llama.cpp joins a little differently (gguf)',
    },
    {
      flags: '--which <stage>',
      description: 'tuned or base model of a project (default: tuned if there is one)',
      parse: oneOf('tuned', 'base'),
    },
  ],
  async run({ args, options, cwd, print, note }) {
    const { folder } = await findModel(resolve(cwd, args[0] ?? '.'), {
      ...(options.which ? { which: options.which } : {}),
    });
    const { to, out, type, shardSize, approximateTokenizer } = options;
    const { config, ...exported } = await exportModel(folder, to, {
      out: resolve(cwd, out),
      ...(type === undefined ? {} : { type }),
      ...(shardSize === undefined ? {} : { shardBytes: shardSize }),
      ...(approximateTokenizer === undefined ? {} : { approximateTokenizer }),
    });
    print(`${folder} → ${exported.out}: ${to}, ${config.family}, ${formatCount(exported.parameters)} parameters`);
    for (const text of exported.notes) note(text);
    return { result: { ok: true, ...exported, config } };
  },
};
