import type { SamplingParams } from '../../base/contract/index.js';
import { type CommandOption, integer, number, oneOf } from './command.js';

/** Options that say where a model runs, shared by the verbs that open one. */
export interface RuntimeOptions {
  readonly device?: 'cpu' | 'webgpu';
  readonly threads?: number;
  readonly which?: 'tuned' | 'base';
}

export const runtimeOptions: readonly CommandOption[] = [
  {
    flags: '--which <stage>',
    description: 'tuned or base model of a project (default: tuned if there is one)',
    parse: oneOf('tuned', 'base'),
  },
  { flags: '--device <name>', description: 'cpu or webgpu', parse: oneOf('cpu', 'webgpu') },
  { flags: '--threads <number>', description: 'threads of the engine (default: all cores)', parse: integer(1, 1024) },
];

/** Options that say how the next token is chosen. */
export interface SamplingOptions {
  readonly maxTokens?: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly repeatNgram?: number | true;
  readonly seed?: number;
  readonly stop?: readonly string[];
}

export const samplingOptions: readonly CommandOption[] = [
  { flags: '--max-tokens <number>', description: 'most tokens to write', parse: integer(0, 1_000_000) },
  {
    flags: '--temperature <number>',
    description: '0 always takes the likeliest token',
    parse: number(0, 2),
    default: 0.8,
  },
  { flags: '--top-k <number>', description: 'choose among the k likeliest tokens', parse: integer(0) },
  {
    flags: '--top-p <number>',
    description: 'choose among the likeliest with this probability together',
    parse: number(0, 1),
  },
  { flags: '--min-p <number>', description: 'drop tokens below this share of the likeliest one', parse: number(0, 1) },
  { flags: '--repetition-penalty <number>', description: 'above 1 avoids what was said', parse: number(0.01, 10) },
  { flags: '--seed <number>', description: 'repeats a run', parse: integer(0) },
  { flags: '--stop <texts...>', description: 'stop before any of these texts' },
];

/** Options of the command line as the engine names them. */
export function samplingOf(options: Partial<SamplingOptions>): SamplingParams {
  const { temperature, topK, topP, minP, repetitionPenalty, seed } = options;
  // `--no-repeat-ngram 3`: commander calls what begins with --no by the rest, and says true where it is not given.
  const noRepeatNgram = typeof options.repeatNgram === 'number' ? options.repeatNgram : undefined;
  return Object.fromEntries(
    Object.entries({ temperature, topK, topP, minP, repetitionPenalty, noRepeatNgram, seed }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}
