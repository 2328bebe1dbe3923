import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../base/core/index.js';
import { testData } from '../../../test/support.js';
import { hardText } from '../../../test/tokenizer-peer.js';
import { printableToBytes } from './bytes.js';
import { o200kPattern } from './patterns.js';
import { compilePattern } from './regex.js';
import { tokenizerFromTiktoken } from './tiktoken.js';
import { trainBpe } from './training/index.js';

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** A rank file of tokens in printable form, in order of their ids. */
const rankFile = (tokens: readonly string[]) =>
  tokens.map((token, rank) => `${base64(printableToBytes(token) as Uint8Array)} ${rank}`).join('\n');

/** tiktoken's algorithm as it is told: any two neighbours that make a token, lowest rank first, leftmost first. */
function plainEncode(ranks: ReadonlyMap<string, number>, piece: string): number[] {
  const text = Buffer.from(piece).toString('latin1');
  if (ranks.has(text)) return [ranks.get(text) as number];
  const parts = [...text];
  for (;;) {
    let best = -1;
    let least = Infinity;
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(parts[i] + parts[i + 1]) ?? Infinity;
      if (rank < least) [best, least] = [i, rank];
    }
    if (best < 0) return parts.map((part) => ranks.get(part) as number);
    parts.splice(best, 2, parts[best] + parts[best + 1]);
  }
}

describe('tiktoken rank files', () => {
  it('give the ids of tiktoken’s algorithm', async () => {
    const corpus = readFileSync(new URL(import.meta.url), 'utf8');
    const trained = await trainBpe([corpus], { vocabSize: 900, pattern: o200kPattern, specialTokens: [] });
    const tokens = Array.from({ length: 900 }, (_, id) => trained.idToToken(id) as string);
    const tokenizer = tokenizerFromTiktoken(`${rankFile(tokens)}\r\n`, {
      pattern: o200kPattern,
      specialTokens: { '<|endoftext|>': 905 },
    });
    const ranks = new Map(
      tokens.map((token, rank) => [Buffer.from(printableToBytes(token) as Uint8Array).toString('latin1'), rank]),
    );
    const pattern = compilePattern(o200kPattern);
    const check = (text: string) => {
      const expected = (text.match(pattern) ?? []).flatMap((piece) => plainEncode(ranks, piece));
      expect(tokenizer.encode(text), text).toEqual(expected);
    };
    for (const line of corpus.split('\n').filter((l) => !l.includes('<|'))) check(line);
    fc.assert(fc.property(hardText, check), { numRuns: 300 });
    expect(tokenizer.encode('a<|endoftext|>')).toEqual([ranks.get('a'), 905]);
    expect([tokenizer.vocabSize, tokenizer.specialIds]).toEqual([906, new Set([905])]);
  });

  it('give the recorded ids of r50k_base', (context) => {
    const vocab = JSON.parse(readFileSync(testData(context, 'tokenizers', 'gpt2', 'vocab.json'), 'utf8')) as Record<
      string,
      number
    >;
    const path = testData(context, 'tokenizers', 'vectors', 'multilingual-vectors.json');
    const vectors = JSON.parse(readFileSync(path, 'utf8')) as { text: string; ids: Record<string, number[]> }[];
    const tokens = Object.entries(vocab).sort((a, b) => a[1] - b[1]);
    // GPT-2's vocabulary is r50k_base, but for the special token at its end.
    const file = rankFile(tokens.slice(0, -1).map(([token]) => token));
    const tokenizer = tokenizerFromTiktoken(new TextEncoder().encode(file), 'r50k_base');
    for (const { text, ids } of vectors) {
      expect(tokenizer.encode(text, { parseSpecial: false }), text).toEqual(ids.r50k_base);
      expect(tokenizer.encode(text), text).toEqual(ids.hf_gpt2);
    }
  });

  const bytes = Array.from({ length: 256 }, (_, byte) => `${base64(Uint8Array.of(byte))} ${byte}`);
  it.each<[string, RegExp, string]>([
    ['nothing', /all 256 bytes among the tokens, got 0/, ''],
    ['a missing byte', /got 255 of them/, bytes.slice(1).join('\n')],
    ['no rank', /line 1: "IQ=="/, 'IQ=='],
    ['no base64', /line 1/, '!! 5'],
    ['broken base64', /expected base64, got line 1/, 'A 5'],
    [
      'a token twice',
      /each token and each rank once, got line 257/,
      [...bytes, `${base64(Uint8Array.of(7))} 300`].join('\n'),
    ],
    ['a rank twice', /each token and each rank once/, [...bytes, `${base64(Uint8Array.of(7, 7))} 30`].join('\n')],
    ['a rank beyond all', /ranks below/, [...bytes, `${base64(Uint8Array.of(7, 7))} 9999999`].join('\n')],
    ['a vast token', /tokens of at most 512 bytes/, `${base64(new Uint8Array(600))} 1`],
  ])('with %s are refused', (_, message, file) => {
    expect(() => tokenizerFromTiktoken(file, 'cl100k_base')).toThrow(message);
    expect(() => tokenizerFromTiktoken(file, 'cl100k_base')).toThrow(InvalidInput);
  });

  it('leave out special tokens of an encoding that is larger than they are, and refuse taken ids', () => {
    expect(tokenizerFromTiktoken(bytes.join('\n'), 'cl100k_base').vocabSize).toBe(256);
    expect(() => tokenizerFromTiktoken(bytes.join('\n'), { specialTokens: { '<x>': 5 } })).toThrow(/ids that are free/);
  });

  it('of any kind are read or refused', () => {
    const line = fc.oneof(
      fc.constantFrom(...bytes),
      fc.base64String({ maxLength: 8 }).map((text) => `${text} 300`),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        try {
          tokenizerFromTiktoken([...bytes, ...lines].join('\n')).encode('egg');
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInput);
        }
      }),
      { numRuns: 60 },
    );
  });
});
