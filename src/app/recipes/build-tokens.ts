import { join } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { Tokenizer, trainBpe, trainUnigram, trainWordPiece } from '../../model/tokenizer/index.js';
import { loadTokenizer, saveTokenizer } from '../../model/tokenizer/index.node.js';
import { families } from '../../model/architecture/index.js';
import { readDocuments, tokenizeToShards } from '../../stages/data/index.js';
import { chatTemplate } from './chat-format.js';
import { corpusFiles } from './corpus-module.js';
import { rolesOf } from './roles.js';
import type { TokenRoles } from './roles.js';
import type { BuildStage, StageContext } from './run.js';

async function* texts(path: string): AsyncGenerator<string> {
  for await (const { text } of readDocuments([{ files: [path], format: 'jsonl' }])) yield text;
}

/**
 * Puts the family's tokens around a text that asks for special tokens, as around every document of pretraining. A decoder
 * begins with its end-of-text token and ends when it writes one.
 */
function withRoles(tokenizer: Tokenizer, { bos, eos, begins }: TokenRoles, ends: boolean): Tokenizer {
  const before = bos !== undefined && (begins || ends) ? [bos] : [];
  const after = ends ? [eos] : [];
  const special = (id: string, type_id = 0) => ({ SpecialToken: { id, type_id } });
  const sequence = (id: string, type_id = 0) => ({ Sequence: { id, type_id } });
  const around = (name: string, type: number) => [
    ...before.map((token) => special(token, type)),
    sequence(name, type),
    ...after.map((token) => special(token, type)),
  ];
  // The second text of a pair is another segment; it has an end of its own, and where texts have no end a beginning.
  const second = ends ? [sequence('B', 1), ...after.map((token) => special(token, 1))] : around('B', 0);
  return Tokenizer.fromJson({
    ...tokenizer.toJson(),
    post_processor: {
      type: 'TemplateProcessing',
      single: around('A', 0),
      pair: [...around('A', 0), ...second],
      special_tokens: Object.fromEntries(
        [...new Set([...before, ...after])].map((token) => [
          token,
          { id: token, ids: [tokenizer.tokenToId(token) as number], tokens: [token] },
        ]),
      ),
    },
  });
}

async function trainTokenizer(
  path: string,
  { plan, onProgress }: StageContext,
  vocabSize: number,
  roles: TokenRoles,
  signal: AbortSignal,
): Promise<Tokenizer> {
  const { model, minFrequency, lowercase } = plan.shape.tokenizer;
  const common = { vocabSize, onProgress, signal };
  const { specials } = roles;
  switch (model) {
    case 'bpe':
      return trainBpe(texts(path), { ...common, minFrequency, specialTokens: specials });
    case 'wordpiece': {
      const withUnknown = specials.includes('[UNK]') ? specials : [...specials, '[UNK]'];
      return trainWordPiece(texts(path), {
        ...common,
        minFrequency,
        lowercase,
        score: 'frequency',
        specialTokens: withUnknown,
      });
    }
    case 'unigram':
      // What a decoder writes is read by people: it learns the text as it is. The others read, as SentencePiece does.
      return trainUnigram(texts(path), {
        ...common,
        specialTokens: specials,
        ...(roles.unk === undefined ? { byteFallback: true, normalization: 'identity' } : { unkToken: roles.unk }),
      });
    default:
      return model satisfies never;
  }
}

/** Stage `tokenizer`: a vocabulary of the training text, as the tokenizer files of a Hugging Face folder. */
export const buildTokenizer: BuildStage = async ({ folder, signal }, context) => {
  const { plan, parents } = context;
  const { vocabSize, atMost } = plan.shape.tokenizer;
  const { family, contextLength } = plan.shape.architecture;
  const roles = rolesOf(family);
  const path = join(parents.corpus!.folder, corpusFiles.train);
  const trainWith = (size: number) => trainTokenizer(path, context, size, roles, signal);
  const trained = await trainWith(vocabSize).catch((error: unknown) => {
    const largest =
      error instanceof InvalidInput && error.code === 'tokenizer.vocabSize' ? error.fields.largest : undefined;
    if (atMost && typeof largest === 'number') return trainWith(largest);
    throw error;
  });
  const writes = families[family].kind === 'decoder';
  const tokenizer = withRoles(trained, roles, !writes);
  await saveTokenizer(folder, tokenizer, {
    ...(roles.bos === undefined ? {} : { bosToken: roles.bos }),
    eosToken: roles.eos,
    ...(roles.pad === undefined ? {} : { padToken: roles.pad }),
    ...(roles.unk === undefined ? {} : { unkToken: roles.unk }),
    ...(roles.mask === undefined ? {} : { maskToken: roles.mask }),
    ...(families[family].kind === 'encoder' ? { clsToken: roles.bos, sepToken: roles.eos } : {}),
    ...(writes ? { chatTemplate } : {}),
    contextLength,
  });
  return { metrics: { vocabSize: tokenizer.vocabSize, specialTokens: roles.specials.length } };
};

/** Stage `tokens`: training and validation text as shards, each document between the family's begin and end tokens. */
export const buildTokens: BuildStage = async ({ folder, signal }, { plan, parents, onProgress }) => {
  const { tokenizer } = await loadTokenizer(parents.tokenizer!.folder);
  const roles = rolesOf(plan.shape.architecture.family);
  const bos = roles.begins && roles.bos !== undefined ? tokenizer.tokenToId(roles.bos) : undefined;
  const eos = tokenizer.tokenToId(roles.eos);
  const metrics: Record<string, number> = {};
  for (const [name, file] of [
    ['train', corpusFiles.train],
    ['validation', corpusFiles.validation],
  ] as const) {
    const made = await tokenizeToShards(
      readDocuments([{ files: [join(parents.corpus!.folder, file)], format: 'jsonl' }]),
      tokenizer,
      { folder: join(folder, name), bos, eos, signal, onProgress },
    );
    metrics[`${name}Documents`] = made.documents;
    metrics[`${name}Tokens`] = made.tokens;
    metrics[`${name}Bytes`] = made.bytes;
  }
  return { metrics: { ...metrics, bytesPerToken: metrics.trainBytes / metrics.trainTokens } };
};
