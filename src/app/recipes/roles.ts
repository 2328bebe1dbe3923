import { families } from '../../model/architecture/index.js';
import type { Tokenizer } from '../../model/tokenizer/index.js';
import { endOfText, specialTokens } from './chat-format.js';
import type { FamilyName, TaskIds } from './task.js';

/** Special tokens of a family's tokenizers, and what each is for. */
export interface TokenRoles {
  /** In the order of their ids, from 0. */
  readonly specials: readonly string[];
  readonly bos?: string;
  readonly eos: string;
  readonly pad?: string;
  readonly unk?: string;
  readonly mask?: string;
  readonly sentinels: readonly string[];
  /** Each text of pretraining begins with the begin token. */
  readonly begins: boolean;
}

const sentinels = Array.from({ length: 100 }, (_, i) => `<extra_id_${i}>`);

const decoder: TokenRoles = { specials: specialTokens, bos: endOfText, eos: endOfText, sentinels: [], begins: true };
const encoder: TokenRoles = {
  specials: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
  bos: '[CLS]',
  eos: '[SEP]',
  pad: '[PAD]',
  unk: '[UNK]',
  mask: '[MASK]',
  sentinels: [],
  begins: true,
};
const t5: TokenRoles = {
  specials: ['<pad>', '</s>', '<unk>', ...sentinels],
  eos: '</s>',
  pad: '<pad>',
  unk: '<unk>',
  sentinels,
  begins: false,
};
const bart: TokenRoles = {
  specials: ['<s>', '<pad>', '</s>', '<unk>', '<mask>', ...sentinels],
  bos: '<s>',
  eos: '</s>',
  pad: '<pad>',
  unk: '<unk>',
  mask: '<mask>',
  sentinels,
  begins: false,
};

/** Special tokens of a family. The names are those of its published vocabularies where these agree. */
export function rolesOf(family: FamilyName): TokenRoles {
  const { kind } = families[family];
  if (kind === 'decoder') return decoder;
  if (kind === 'encoder') return encoder;
  return family === 'bart' ? bart : t5;
}

/** What tasks must know of a vocabulary. */
export function taskIds(tokenizer: Tokenizer, roles: TokenRoles): TaskIds {
  const id = (token: string | undefined) => (token === undefined ? undefined : tokenizer.tokenToId(token));
  const { vocabSize } = tokenizer;
  const continues = new Uint8Array(vocabSize);
  const sentenceEnds = new Uint8Array(vocabSize);
  const model = (tokenizer.toJson() as { model?: { type?: unknown } }).model?.type;
  for (let token = 0; token < vocabSize; token++) {
    const text = tokenizer.idToToken(token);
    if (text === undefined || tokenizer.specialIds.has(token)) continue;
    // A word begins with a space (Ġ in bytes, ▁ in SentencePiece) or, in WordPiece, without the prefix.
    continues[token] = (model === 'WordPiece' ? text.startsWith('##') : !/^[Ġ▁Ċ]/u.test(text)) ? 1 : 0;
    sentenceEnds[token] = /[.!?。！？]$/u.test(text) ? 1 : 0;
  }
  return {
    bos: id(roles.bos),
    eos: id(roles.eos),
    pad: id(roles.pad),
    mask: id(roles.mask),
    sentinels: roles.sentinels.flatMap((token) => id(token) ?? []),
    special: tokenizer.specialIds,
    vocabSize,
    continues,
    sentenceEnds,
  };
}
