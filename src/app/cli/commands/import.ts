import { resolve } from 'node:path';
import { formatCount } from '../../../base/core/index.js';
import { importModel } from '../../../model/exchange/index.node.js';
import type { Command } from '../command.js';

export const command: Command<{ tokenizer?: string; out: string }> = {
  name: 'import',
  summary: 'Turn a foreign model (llama2.c, Hugging Face folder) into a model folder.',
  example: 'abovo import stories260K.bin --tokenizer tok512.bin --out stories260K',
  arguments: [{ name: '<source>', description: 'llama2.c checkpoint (.bin), or a Hugging Face folder' }],
  options: [
    { flags: '--tokenizer <file>', description: 'tokenizer.bin of llama2.c, or tokenizer.json' },
    { flags: '--out <dir>', description: 'folder to write', required: true },
  ],
  async run({ args, options, cwd, print, note }) {
    const { config, ...imported } = await importModel(resolve(cwd, args[0] as string), {
      out: resolve(cwd, options.out),
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
