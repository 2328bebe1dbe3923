import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { hostTensor } from '../src/compiler/tensor/index.js';
import type { HostTensor } from '../src/compiler/tensor/index.js';
import { decoderConfig, initialize } from '../src/model/architecture/index.js';
import type { DecoderOptions, ModelConfig } from '../src/model/architecture/index.js';
import { saveModel } from '../src/model/architecture/index.node.js';
import { exportGguf, importModel } from '../src/model/exchange/index.node.js';
import type { Tokenizer } from '../src/model/tokenizer/index.js';
import { saveTokenizer } from '../src/model/tokenizer/index.node.js';
import { testData } from './support.js';

/** Text of many scripts, digits, spaces, code and symbols. */
export const samples = [
  'Once upon a time, there was a little girl.',
  "It's I'LL you'Re they'd ''s 'S",
  'a  b   c\t\td \n\n e\r\n  f ',
  '   leading and trailing   ',
  '12345 6 78,901.23 ٣٤٥ ⅷ',
  'Grüße, naïve façade — “quotes” … €5',
  'Привет, мир! Γειά σου Κόσμε',
  '你好，世界。こんにちは世界 안녕하세요',
  'for (let i = 0; i < n; ++i) { x[i] += "\\n"; } // comment',
  '🥚🐣🐤👩‍👩‍👧‍👦 é́ ａｂｃ',
  '<|endoftext|> <s>not special</s> <unk>',
  '\u00a0no\u2003break\u200bzero',
  '',
];

/**
 * Weights of a size that makes greedy choices clear, not of a fresh model's. Gemma's embeddings, which it scales itself, stay
 * small, or each token would choose itself; its norms, zero when fresh, become numbers that 1 can be added to exactly.
 */
export function loud(config: ModelConfig, seed: number): Record<string, HostTensor> {
  const scales = config.kind === 'decoder' && config.gemmaScales;
  const scaled = Object.entries(initialize(config, seed)).map(([name, tensor]) => {
    const factor = tensor.shape.length === 1 ? 1 : scales && name.includes('embed_tokens') ? 2 : 8;
    const shift = (i: number) => (scales && tensor.shape.length === 1 ? ((i % 7) - 3) / 16 : 0);
    const values = Float32Array.from(tensor.data as Float32Array, (value, i) => value * factor + shift(i));
    return [name, hostTensor('f32', tensor.shape, values)] as const;
  });
  return Object.fromEntries(scaled);
}

async function randomModel(
  folder: string,
  name: string,
  tokenizer: Tokenizer,
  options: Partial<DecoderOptions>,
  seed: number,
): Promise<string> {
  const path = join(folder, name);
  const config = decoderConfig({
    family: 'llama',
    vocabSize: tokenizer.vocabSize,
    contextLength: 128,
    hiddenSize: 64,
    numLayers: 2,
    numHeads: 4,
    eos: tokenizer.tokenToId('<|endoftext|>') ?? null,
    ...options,
  });
  await saveModel(path, config, loud(config, seed));
  const end = tokenizer.tokenToId('<|endoftext|>') === undefined ? {} : { eosToken: '<|endoftext|>' };
  await saveTokenizer(path, tokenizer, end);
  return path;
}

/** Text to train vocabularies on. */
export const corpus = async (context: TestContext) =>
  (await readFile(testData(context, 'pretrain/tinystories/train-cased.txt'), 'utf8')).slice(0, 200_000);

/** A model with these tokens, as a GGUF file and as the folder that importing the file gives. */
export async function exported(
  folder: string,
  name: string,
  tokenizer: Tokenizer,
  options: Partial<DecoderOptions> = {},
  seed = 22,
) {
  const model = await randomModel(folder, name, tokenizer, options, seed);
  const file = join(folder, `${name}.gguf`);
  const { notes } = await exportGguf(model, file, { type: 'f32' });
  const back = join(folder, `${name}-back`);
  await importModel(file, { out: back });
  return { model, file, back, notes };
}

/** A text alone, special tokens spelled out. */
export const plain = { addSpecialTokens: false, parseSpecial: false };
