import { z } from 'zod';
import { type CorpusStep, type Summary, type Verdict, defineStep } from '../pipeline/step.js';
import { RecordSorter } from './record-sorter.js';
import { rangesByDocument } from './ranges.js';
import { sentenceSpans } from './sentences.js';
import { WordScanner, avalanche } from './words.js';

const sentenceOptions = z
  .strictObject({
    sentences: z.int().min(1).max(20).default(3).describe('Sentences in a span that is compared.'),
    minWordsLeft: z.int().min(0).default(50).describe('A document that ends up with fewer words is dropped.'),
    minSentencesLeft: z.int().min(0).default(3).describe('A document that ends up with fewer sentences is dropped.'),
  })
  .describe('Cuts repeated spans of sentences.');
export type SentenceOptions = z.input<typeof sentenceOptions>;

/**
 * Cuts every span of three sentences that stood in the corpus before (C4, Raffel et al. 2020; datatrove's limits of 50 words
 * and 3 sentences). Only documents that lose something are held against the limits.
 */
export function sentenceStep(options: SentenceOptions = {}): CorpusStep {
  const { sentences, minWordsLeft, minSentencesLeft } = sentenceOptions.parse(options);
  const scanner = new WordScanner();
  return {
    /** Five words for each sentence: start, end, words in it, 64-bit hash of the span that starts here (0, 0 where none does). */
    summarize({ text }) {
      const spans = sentenceSpans(text);
      const count = spans.length / 2;
      const out = new Uint32Array(count * 5);
      const { hashes, starts, count: words } = scanner.scan(text);
      const sums = new Int32Array(count * 2);
      for (let i = 0, word = 0; i < count; i++) {
        const start = spans[i * 2];
        const end = spans[i * 2 + 1];
        let first = 17;
        let second = 29;
        const from = word;
        for (; word < words && starts[word] < end; word++) {
          first = avalanche(first ^ hashes[word]);
          second = (Math.imul(second, 0x5bd1e995) + hashes[word]) | 0;
          second ^= second >>> 15;
        }
        out.set([start, end, word - from], i * 5);
        sums[i * 2] = first;
        sums[i * 2 + 1] = second;
      }
      for (let i = 0; i + sentences <= count; i++) {
        let first = 0x2545f491;
        let second = 0x27d4eb2f;
        let worded = false;
        for (let s = i; s < i + sentences; s++) {
          first = avalanche(Math.imul(first, 31) ^ sums[s * 2]);
          second = avalanche(Math.imul(second, 37) ^ sums[s * 2 + 1]);
          worded ||= out[s * 5 + 2] > 0;
        }
        if (worded) out.set([first >>> 0, second >>> 0], i * 5 + 3);
      }
      return new Uint8Array(out.buffer);
    },
    async *decide(summaries, context) {
      const spans = new RecordSorter({ words: 4, keyWords: 2, folder: context.folder, name: 'spans' });
      for await (const { index, bytes } of summaries()) {
        context.signal?.throwIfAborted();
        const rows = words(bytes);
        for (let i = 0; i * 5 < rows.length; i++) {
          const first = rows[i * 5 + 3];
          const second = rows[i * 5 + 4];
          if (first === 0 && second === 0) continue;
          if (spans.full) await spans.spill();
          spans.add(first, second, index, i);
        }
      }
      const repeats = new RecordSorter({ words: 3, folder: context.folder, name: 'repeats' });
      let last: readonly [number, number] = [-1, -1];
      for await (const block of spans.sorted()) {
        context.signal?.throwIfAborted();
        for (let at = 0; at < block.length; at += 4) {
          if (block[at] === last[0] && block[at + 1] === last[1]) {
            if (repeats.full) await repeats.spill();
            repeats.add(block[at + 2], block[at + 3], block[at + 3] + sentences);
          } else last = [block[at], block[at + 1]];
        }
      }
      yield* rangesByDocument(repeats, summaries, (summary, ranges) => cut(summary, ranges));
    },
  };

  function cut({ index, bytes }: Summary, ranges: ReadonlyArray<readonly [number, number]>): Verdict {
    const rows = words(bytes);
    const count = rows.length / 5;
    let wordsLeft = 0;
    let sentencesLeft = count;
    for (let i = 0; i < count; i++) wordsLeft += rows[i * 5 + 2];
    const remove: [number, number][] = [];
    for (const [from, to] of ranges) {
      sentencesLeft -= to - from;
      for (let i = from; i < to; i++) wordsLeft -= rows[i * 5 + 2];
      // White space after the last sentence goes with it, except at the end of the text, where that before the first does.
      const start = to < count || from === 0 ? rows[from * 5] : rows[(from - 1) * 5 + 1];
      remove.push([start, to < count ? rows[to * 5] : rows[(to - 1) * 5 + 1]]);
    }
    if (wordsLeft < minWordsLeft || sentencesLeft < minSentencesLeft) {
      const detail = `${wordsLeft} words and ${sentencesLeft} sentences are its own`;
      return { index, drop: 'repeatedSentences', detail };
    }
    return { index, remove };
  }
}

/** A copy, since a summary may start at any byte. */
function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.slice().buffer);
}

export const sentenceDedup = defineStep({
  kind: 'corpus',
  name: 'sentenceDedup',
  summary: 'Cuts spans of three sentences that stood in the corpus before.',
  version: 1,
  options: sentenceOptions,
  create: (options) => sentenceStep(options),
});
