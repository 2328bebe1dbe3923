import { byteAlphabet } from '../bytes.js';
import type { ModelContext, SubwordModel } from '../model.js';
import { type Fields, refuse } from '../reader.js';
import { readVocab } from '../vocab.js';
import { BpeModel } from './bpe.js';

const mostMerges = 8_000_000;

function readMerges(model: Fields, vocab: ReadonlyMap<string, number>): Int32Array {
  const list = model.list('merges', mostMerges);
  const prefix = model.optionalString('continuing_subword_prefix') ?? '';
  const out = new Int32Array(list.length * 3);
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    let left: unknown;
    let right: unknown;
    if (typeof item === 'string') {
      const space = item.indexOf(' ');
      left = item.slice(0, space);
      right = item.slice(space + 1);
      if (space <= 0 || space === item.length - 1 || item.indexOf(' ', space + 1) >= 0) {
        refuse(`model.merges[${i}]`, 'two tokens with a space between', item);
      }
    } else if (Array.isArray(item) && item.length === 2) [left, right] = item as [unknown, unknown];
    if (typeof left !== 'string' || typeof right !== 'string') refuse(`model.merges[${i}]`, 'two tokens', item);
    const merged = left + (prefix && right.startsWith(prefix) ? right.slice(prefix.length) : right);
    for (const [j, token] of [left, right, merged].entries()) {
      const id = vocab.get(token);
      if (id === undefined) {
        const shown = JSON.stringify(token.slice(0, 40));
        refuse(`model.merges[${i}]`, 'tokens of the vocabulary', `${shown}, which is not in it`);
      }
      out[3 * i + j] = id;
    }
  }
  return out;
}

/** The BPE model of a file. */
export function readBpe(model: Fields, { byteLevel }: ModelContext): SubwordModel {
  const dropout = model.raw('dropout') ?? 0;
  if (typeof dropout !== 'number' || !(dropout >= 0 && dropout <= 1)) {
    refuse('model.dropout', 'a number from 0 to 1, or null', dropout);
  }
  const vocab = readVocab(model);
  const unkToken = model.optionalString('unk_token');
  const affix = (name: string) => model.optionalString(name) || undefined;
  if (unkToken !== undefined && !vocab.has(unkToken) && !model.boolean('byte_fallback', false)) {
    refuse('model.unk_token', 'a token of the vocabulary', unkToken);
  }
  const continuingSubwordPrefix = affix('continuing_subword_prefix');
  const endOfWordSuffix = affix('end_of_word_suffix');
  const byteFallback = model.boolean('byte_fallback', false);
  // Bytes may be taken as such where nothing else happens to their printable characters.
  const simple = !continuingSubwordPrefix && !endOfWordSuffix;
  const whole = byteAlphabet.every((char) => vocab.has(char)) || (unkToken === undefined && !byteFallback);
  return new BpeModel({
    vocab,
    merges: readMerges(model, vocab),
    byteLevel: byteLevel && simple && whole,
    unkToken,
    continuingSubwordPrefix,
    endOfWordSuffix,
    fuseUnk: model.boolean('fuse_unk', false),
    byteFallback,
    ignoreMerges: model.boolean('ignore_merges', false),
    dropout,
  });
}
