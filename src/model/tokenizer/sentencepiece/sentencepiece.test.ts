import { readFileSync } from 'node:fs';
import { crc32, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { InvalidInput } from '../../../base/core/index.js';
import { Tokenizer } from '../tokenizer.js';
import { fromSentencePiece, parseSentencePiece } from './index.js';

const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../../test/golden/sentencepiece/${name}`, import.meta.url), 'utf8'));

interface Small {
  readonly texts: readonly string[];
  readonly models: Record<string, { readonly model: string; readonly ids: number[][]; readonly decoded: string[] }>;
}
const small = golden('small-models.json') as Small;

describe('small models of every kind', () => {
  // The prefix before a piece of the user's, at the beginning of a text, is the one thing that tokenizer.json cannot say.
  const beyond = new Set(['<sep>', '日本語 日本', '▁the▁end▁', 'don']);
  const kinds = Object.entries(small.models).filter(([name]) => name !== 'word');
  it.each(kinds)('%s: ids and texts as of SentencePiece', (name, { model, ids, decoded }) => {
    const tokenizer = fromSentencePiece(Buffer.from(model, 'base64'));
    small.texts.forEach((text, i) => {
      if (name === "bpe, user's pieces" && beyond.has(text)) return;
      expect([text, tokenizer.encode(text, { parseSpecial: false })]).toEqual([text, ids[i]]);
      // SentencePiece writes a sign of its own for what is unknown; here it is a special token like others.
      const unknown = ids[i].includes(tokenizer.tokenToId('<unk>') as number);
      if (!unknown) expect([text, tokenizer.decode(ids[i])]).toEqual([text, decoded[i]]);
    });
    const read = Tokenizer.fromJson(JSON.parse(JSON.stringify(tokenizer.toJson())));
    for (const text of small.texts) expect(read.encode(text)).toEqual(tokenizer.encode(text));
  });

  it('refuses words as pieces', () => {
    expect(() => fromSentencePiece(Buffer.from(small.models.word.model, 'base64'))).toThrow('got a word model');
  });

  it('puts beginning and end around texts where asked', () => {
    const bytes = Buffer.from(small.models.unigram.model, 'base64');
    const tokenizer = fromSentencePiece(bytes, { addBos: true, addEos: true });
    const plain = fromSentencePiece(bytes).encode('Hello');
    expect(tokenizer.encode('Hello')).toEqual([1, ...plain, 2]);
  });
});

const models = {
  't5-small/spiece.model': 'spm_t5',
  'llama2/tokenizer.model': 'spm_llama2',
  'sentencepiece-test/test_model.model': 'spm_unigram1k',
  'sentencepiece-test/test_ja_model.model': 'spm_ja_unigram8k',
};

describe.each(Object.entries(models))('%s', (path, name) => {
  it('gives the recorded ids', (context) => {
    const tokenizer = fromSentencePiece(readFileSync(testData(context, 'tokenizers', path)));
    const vectors = JSON.parse(
      readFileSync(testData(context, 'tokenizers', 'vectors', 'multilingual-vectors.json'), 'utf8'),
    ) as { text: string; ids: Record<string, number[]> }[];
    let compared = 0;
    for (const { text, ids } of vectors) {
      if (!ids[name]) continue;
      compared++;
      expect([text, tokenizer.encode(text, { parseSpecial: false })]).toEqual([text, ids[name]]);
    }
    expect(compared).toBeGreaterThan(40);
  });

  it('gives the ids of SentencePiece in all languages of the Universal Declaration', (context) => {
    const tokenizer = fromSentencePiece(readFileSync(testData(context, 'tokenizers', path)));
    const rows = gunzipSync(readFileSync(testData(context, 'lid', 'udhr', 'udhr.jsonl.gz'))).toString();
    const { hashes } = golden('udhr-hashes.json') as { hashes: Record<string, Record<string, string>> };
    const ids = new Map<string, string[]>();
    for (const line of rows.trimEnd().split('\n')) {
      const { lang, text } = JSON.parse(line) as { lang: string; text: string };
      const list = ids.get(lang) ?? [];
      ids.set(lang, list);
      list.push(...tokenizer.encode(text, { parseSpecial: false }).map(String));
    }
    const found = Object.fromEntries(
      [...ids].map(([lang, list]) => [lang, crc32(list.join()).toString(16).padStart(8, '0')]),
    );
    expect(found).toEqual(hashes[path]);
  }, 30_000);
});

describe('bad files', () => {
  const whole = Object.values(small.models).map(({ model }) => Buffer.from(model, 'base64'));
  const tolerates = (bytes: Uint8Array) => {
    try {
      fromSentencePiece(bytes).encode('Hello  (c) world');
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
    }
  };
  it('end in an error that says so, whatever byte is wrong', () => {
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.option(fc.nat()),
        (index, changes, cut) => {
          const bytes = Uint8Array.from(whole[index]);
          // The head of a piece, and the settings at the end, are where it matters.
          for (const [at, value] of changes)
            bytes[at % 3 === 0 ? bytes.length - 1 - (at % 400) : at % bytes.length] = value;
          tolerates(cut === null ? bytes : bytes.subarray(0, cut % bytes.length));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('of any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), tolerates));
  });

  it.each([
    ['nothing', [], 'expected pieces, got none'],
    ['a length over the end', [0x0a, 0xff, 0x01, 0x61], 'expected content that ends by byte 4'],
    ['an endless number', [0x0a, ...Array<number>(12).fill(0xff)], 'at most 10 bytes'],
  ])('%s', (_, bytes, message) => {
    expect(() => parseSentencePiece(Uint8Array.from(bytes))).toThrow(InvalidInput);
    expect(() => parseSentencePiece(Uint8Array.from(bytes))).toThrow(message);
  });
});
