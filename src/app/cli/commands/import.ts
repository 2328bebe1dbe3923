import { resolve } from 'node:path';
import { formatCount } from '../../../base/core/index.js';
import type { WeightType } from '../../../model/architecture/index.node.js';
import { importModel } from '../../../model/exchange/index.node.js';
import { bytes, oneOf } from '../command.js';
import type { Command } from '../command.js';

interface Options {
  readonly tokenizer?: string;
  readonly out: string;
  readonly type: WeightType;
  readonly shardSize?: number;
}

export const command: Command<Options> = {
  name: 'import',
  summary: 'Turn a foreign model (GGUF, llama2.c, Hugging Face folder) into a model folder.',
  example: 'abovo import model.gguf --out model',
  arguments: [{ name: '<source>', description: 'GGUF file, llama2.c checkpoint (.bin), or a Hugging Face folder' }],
  options: [
    { flags: '--tokenizer <file>', description: 'tokenizer.bin of llama2.c, or tokenizer.json' },
    { flags: '--out <dir>', description: 'folder to write', required: true },
    {
      flags: '--type <type>',
      description: 'f32 (default), f16 or bf16: what weights are written in',
      parse: oneOf('f32', 'f16', 'bf16'),
      default: 'f32',
    },
    { flags: '--shard-size <size>', description: 'largest file of weights, such as 2GB', parse: bytes() },
  ],
  async run({ args, options, cwd, print, note }) {
    const { config, ...imported } = await importModel(resolve(cwd, args[0] as string), {
      out: resolve(cwd, options.out),
      dtype: options.type,
      ...(options.shardSize === undefined ? {} : { shardBytes: options.shardSize }),
      ...(options.tokenizer === undefined ? {} : { tokenizer: resolve(cwd, options.tokenizer) }),
    });
    print(
      `${imported.format} → ${imported.out}: ${config.family}, ${formatCount(imported.parameters)} parameters, ` +
        `${config.numLayers} layers, width ${config.hiddenSize}, vocabulary ${config.vocabSize}, context ${config.contextLength}`,
    );
    if (!imported.tokenizer)
      note('no tokenizer was given: the folder takes and gives token ids only (--tokenizer FILE)');
    return { result: { ok: true, ...imported, config } };
  },
};
