import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { openLanguageModel, openTextSearch } from '../../../model/generation/index.node.js';
import { readModelConfig } from '../../../model/inference/index.node.js';
import { findModel } from '../../recipes/index.js';
import { type Command, type CommandContext, type CommandResult, integer, number } from '../command.js';
import {
  type RuntimeOptions,
  runtimeOptions,
  samplingOf,
  type SamplingOptions,
  samplingOptions,
} from '../generation-options.js';

interface Options extends RuntimeOptions, Omit<SamplingOptions, 'temperature'> {
  readonly prompt?: string;
  readonly temperature?: number;
  readonly beams?: number;
  readonly answers?: number;
  readonly lengthPenalty?: number;
  readonly minTokens?: number;
}

/** What beams and models that write another text take besides sampling. */
const searchOptions = [
  { flags: '--beams <number>', description: 'search with so many beams instead of sampling', parse: integer(1, 1024) },
  { flags: '--answers <number>', description: 'answers to print, best first', parse: integer(1, 1024) },
  {
    flags: '--length-penalty <number>',
    description: 'an answer of n tokens scores log p / n^this: above 0 favours longer ones',
    parse: number(-10, 10),
  },
  {
    flags: '--no-repeat-ngram <number>',
    description: 'write no sequence of so many tokens twice',
    parse: integer(0),
  },
  { flags: '--min-tokens <number>', description: 'least tokens to write', parse: integer(0) },
] as const;

const defaultTemperature = 0.8;

/** Whole answers: of beams, of several, or of a model that writes another text. */
async function writeAnswers(
  folder: string,
  prompt: string,
  temperature: number | undefined,
  { options, json, signal, write }: CommandContext<Options>,
): Promise<CommandResult> {
  const { beams, answers, lengthPenalty, maxTokens, minTokens, stop } = options;
  const model = await openTextSearch(folder, { device: options.device, threads: options.threads });
  try {
    const [found = []] = await model.generate([prompt], {
      numBeams: beams,
      numAnswers: answers,
      lengthPenalty,
      maxTokens,
      minTokens,
      sampling: samplingOf({ ...options, temperature }),
      ...(stop ? { stop } : {}),
      signal,
    });
    if (!json) for (const { text } of found) write(`${text}\n`);
    return { result: { promptTokenIds: model.tokenize(prompt), answers: found } };
  } finally {
    await model.close();
  }
}

export const command: Command<Options> = {
  name: 'generate',
  summary: 'Let a model write on after a prompt.',
  example: 'abovo generate demo --prompt "egg:" --max-tokens 40 --temperature 0',
  arguments: [{ name: '[folder]', description: 'project or model folder (default: here)' }],
  options: [
    { flags: '--prompt <text>', description: 'text to go on with (default: standard input)' },
    ...searchOptions,
    // What is written without beams, and by models that write another text, has other temperatures.
    ...samplingOptions.map((option) =>
      option.flags.startsWith('--temperature')
        ? {
            ...option,
            description: `0 takes the likeliest token (default: ${defaultTemperature}; 0 with beams and for models that write another text)`,
            default: undefined,
          }
        : option,
    ),
    ...runtimeOptions,
  ],
  async run(context) {
    const { args, options, cwd, json, signal, write } = context;
    const { folder } = await findModel(resolve(cwd, args[0] ?? '.'), {
      ...(options.which ? { which: options.which } : {}),
    });
    const prompt = options.prompt ?? (await readAll(process.stdin));
    const { beams = 1, answers = 1, lengthPenalty, minTokens } = options;
    const searches = beams > 1 || answers > 1 || lengthPenalty !== undefined || minTokens !== undefined;
    const goesOn = (await readModelConfig(folder)).kind === 'decoder';
    const temperature = options.temperature ?? (goesOn && beams === 1 ? defaultTemperature : undefined);
    if (searches || !goesOn) return writeAnswers(folder, prompt, temperature, context);
    const model = await openLanguageModel(folder, { ...options, maxSequences: 1 });
    try {
      const generation = model.generate({
        prompt,
        ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
        sampling: samplingOf({ ...options, temperature }),
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
