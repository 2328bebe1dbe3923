import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { openLanguageModel } from '../../../model/generation/index.node.js';
import { findModel } from '../../recipes/index.js';
import type { Command } from '../command.js';
import {
  type RuntimeOptions,
  runtimeOptions,
  samplingOf,
  type SamplingOptions,
  samplingOptions,
} from '../generation-options.js';

interface Options extends RuntimeOptions, SamplingOptions {
  readonly prompt?: string;
}

export const command: Command<Options> = {
  name: 'generate',
  summary: 'Let a model write on after a prompt.',
  example: 'abovo generate demo --prompt "egg:" --max-tokens 40 --temperature 0',
  arguments: [{ name: '[folder]', description: 'project or model folder (default: here)' }],
  options: [
    { flags: '--prompt <text>', description: 'text to go on with (default: standard input)' },
    ...samplingOptions,
    ...runtimeOptions,
  ],
  async run({ args, options, cwd, json, signal, write }) {
    const { folder } = await findModel(resolve(cwd, args[0] ?? '.'), {
      ...(options.which ? { which: options.which } : {}),
    });
    const prompt = options.prompt ?? (await readAll(process.stdin));
    const model = await openLanguageModel(folder, { ...options, maxSequences: 1 });
    try {
      const generation = model.generate({
        prompt,
        ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
        sampling: samplingOf(options),
        ...(options.stop ? { stop: options.stop } : {}),
        signal,
      });
      for await (const piece of generation) if (!json) write(piece.text);
      if (!json) write('\n');
      signal.throwIfAborted();
      const { promptTokenIds, tokenIds, text, finishReason } = await generation.finished;
      return { result: { promptTokenIds, tokenIds, text, finishReason } };
    } finally {
      await model.close();
    }
  },
};
