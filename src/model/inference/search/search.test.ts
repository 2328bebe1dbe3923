import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import type { Executor } from '../../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../../compiler/runtime/index.node.js';
import { loadModel } from '../../architecture/index.node.js';
import { DecoderSearch, SequenceToSequence } from '../index.js';
import type { SearchOptions } from '../index.js';

/** Options as transformers' generate() names them. */
interface PeerOptions {
  readonly max_new_tokens: number;
  readonly min_new_tokens?: number;
  /** Counts the decoder's start token too. */
  readonly min_length?: number;
  readonly num_beams?: number;
  readonly num_return_sequences?: number;
  readonly length_penalty?: number;
  readonly early_stopping?: boolean | 'never';
  readonly no_repeat_ngram_size?: number;
  readonly repetition_penalty?: number;
  readonly forced_bos_token_id?: number;
  readonly forced_eos_token_id?: number;
}

interface Generated {
  readonly options: PeerOptions;
  /** Answers of each prompt, the token that ended one included. */
  readonly ids: number[][][];
  readonly scores?: number[][];
}

interface Expected {
  readonly end: number;
  readonly source: number[][];
  readonly mask: number[][];
  readonly prompts: number[][];
  readonly generated: Generated[];
}

const golden = join(repositoryRoot, 'test/golden/hf-encoder-decoders');
const read = async (...path: string[]) => JSON.parse(await readFile(join(golden, ...path), 'utf8')) as Expected;

function optionsOf(peer: PeerOptions, end: number): SearchOptions {
  const { min_length: length, min_new_tokens: fresh } = peer;
  return {
    maxTokens: peer.max_new_tokens,
    minTokens: fresh ?? (length === undefined ? 0 : length - 1),
    stopTokenIds: [end],
    numBeams: peer.num_beams,
    numAnswers: peer.num_return_sequences,
    lengthPenalty: peer.length_penalty,
    earlyStopping: peer.early_stopping,
    forcedFirst: peer.forced_bos_token_id,
    forcedLast: peer.forced_eos_token_id,
    sampling: {
      temperature: 0,
      noRepeatNgram: peer.no_repeat_ngram_size ?? 0,
      repetitionPenalty: peer.repetition_penalty ?? 1,
    },
  };
}

/** Compares ids, and the scores of beams, with what transformers generated under the same options. */
async function expectSame(
  model: Pick<SequenceToSequence, 'generate'>,
  prompts: readonly number[][],
  { options, ids, scores }: Generated,
  end: number,
): Promise<void> {
  const found = await model.generate(prompts, optionsOf(options, end));
  const label = JSON.stringify(options);
  const whole = found.map((answers) =>
    answers.map(({ ids: written, stopTokenId }) => (stopTokenId === undefined ? written : [...written, stopTokenId])),
  );
  expect(whole, label).toEqual(ids);
  scores?.flat().forEach((score, i) => {
    // A score of beams that were forced has -1e9 for those that never counted.
    const actual = found.flat()[i]?.score as number;
    expect(Math.abs(actual - score), label).toBeLessThan(1e-4 * (1 + Math.abs(score)));
  });
}

const executors: Record<string, () => Promise<Executor>> = {
  interpreter: async () => createInterpreter(),
  onnxruntime: () => createOrtExecutor({ threads: 1 }),
};

describe.each(Object.keys(executors))('search on %s', (kind) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await (executors[kind] as () => Promise<Executor>)();
  });
  afterAll(() => executor.close());

  it.each(['t5-1.0', 't5-1.1', 'bart', 'mbart'])('writes what transformers generates with %s', async (name) => {
    const { source, mask, generated, end } = await read(name, 'expected.json');
    const sources = source.map((row, b) => row.filter((_, t) => mask[b]?.[t] === 1));
    const { config, params } = await loadModel(join(golden, name), 'encoder-decoder');
    const model = await SequenceToSequence.open({ config, params, executor });
    for (const one of kind === 'interpreter' ? generated.slice(4, 9) : generated) {
      await expectSame(model, sources, one, end);
    }
    await model.close();
  });

  it('writes what transformers generates with a decoder', async () => {
    const { prompts, generated, end } = await read('gpt2-generated.json');
    const { config, params } = await loadModel(join(golden, '../hf-decoders/gpt2'), 'decoder');
    const model = await DecoderSearch.open({ config, params, executor });
    for (const one of kind === 'interpreter' ? generated.slice(4, 7) : generated) {
      // Forced first tokens are those of whole sequences there: prompts have them already.
      const { forced_bos_token_id: _, ...options } = one.options;
      await expectSame(model, prompts, { ...one, options }, end);
    }
    await model.close();
  });
});
