import { join } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { Tokenizer, trainBpe } from '../../model/tokenizer/index.js';
import { loadTokenizer, saveTokenizer } from '../../model/tokenizer/index.node.js';
import { readDocuments, tokenizeToShards } from '../../stages/data/index.js';
import { chatTemplate, endOfText, specialTokens } from './chat-format.js';
import { corpusFiles } from './corpus-module.js';
import type { BuildStage } from './run.js';

async function* texts(path: string): AsyncGenerator<string> {
  for await (const { text } of readDocuments([{ files: [path], format: 'jsonl' }])) yield text;
}

/** Puts the end-of-text token before a text that asks for special tokens, as every document of pretraining begins. */
function withBeginning(tokenizer: Tokenizer): Tokenizer {
  const json = tokenizer.toJson() as Record<string, unknown>;
  const id = tokenizer.tokenToId(endOfText) as number;
  const special = { SpecialToken: { id: endOfText, type_id: 0 } };
  const sequence = (name: string) => ({ Sequence: { id: name, type_id: 0 } });
  return Tokenizer.fromJson({
    ...json,
    post_processor: {
      type: 'TemplateProcessing',
      single: [special, sequence('A')],
      pair: [special, sequence('A'), special, sequence('B')],
      special_tokens: { [endOfText]: { id: endOfText, ids: [id], tokens: [endOfText] } },
    },
  });
}

/** Stage `tokenizer`: byte-level BPE of the training text, as the tokenizer files of a Hugging Face folder. */
export const buildTokenizer: BuildStage = async ({ folder, signal }, { plan, parents, onProgress }) => {
  const { vocabSize, minFrequency, atMost } = plan.shape.tokenizer;
  const path = join(parents.corpus!.folder, corpusFiles.train);
  const trainWith = (size: number) =>
    trainBpe(texts(path), { vocabSize: size, minFrequency, specialTokens, onProgress, signal });
  const trained = await trainWith(vocabSize).catch((error: unknown) => {
    const largest =
      error instanceof InvalidInput && error.code === 'tokenizer.vocabSize' ? error.fields.largest : undefined;
    if (atMost && typeof largest === 'number') return trainWith(largest);
    throw error;
  });
  const tokenizer = withBeginning(trained);
  await saveTokenizer(folder, tokenizer, {
    bosToken: endOfText,
    eosToken: endOfText,
    chatTemplate,
    contextLength: plan.shape.architecture.contextLength,
  });
  return { metrics: { vocabSize: tokenizer.vocabSize, specialTokens: specialTokens.length } };
};

/** Stage `tokens`: training and validation text as shards, each document between two end-of-text tokens. */
export const buildTokens: BuildStage = async ({ folder, signal }, { parents, onProgress }) => {
  const { tokenizer } = await loadTokenizer(parents.tokenizer!.folder);
  const end = tokenizer.tokenToId(endOfText);
  const metrics: Record<string, number> = {};
  for (const [name, file] of [
    ['train', corpusFiles.train],
    ['validation', corpusFiles.validation],
  ] as const) {
    const made = await tokenizeToShards(
      readDocuments([{ files: [join(parents.corpus!.folder, file)], format: 'jsonl' }]),
      tokenizer,
      { folder: join(folder, name), bos: end, eos: end, signal, onProgress },
    );
    metrics[`${name}Documents`] = made.documents;
    metrics[`${name}Tokens`] = made.tokens;
    metrics[`${name}Bytes`] = made.bytes;
  }
  return { metrics: { ...metrics, bytesPerToken: metrics.trainBytes / metrics.trainTokens } };
};
