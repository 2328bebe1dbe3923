import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../test/support.js';
import { KneserNey, trainKneserNey } from '../../model/classic/index.js';
import { simulateModel } from '../../model/generation/testing/index.js';
import {
  answerChoices,
  brotli,
  compressionBaseline,
  compressionBitsPerByte,
  encodeAnswer,
  encodeText,
  evaluate,
  findXz,
  kneserNeyBaseline,
  measureBaselines,
  resolveEvaluationConfig,
  scoreDocuments,
  scoreSequences,
  scorerOf,
  totalLikelihood,
  writeTexts,
  type EvaluatedModel,
  type Scorer,
} from './index.js';

/** A model over bytes: a tokenizer and a chat template, without weights. */
const bytes = simulateModel();
const bos = bytes.bosTokenId!;

/** A scorer that takes no more than `contextLength` tokens and counts its calls. */
function bounded(model: KneserNey, contextLength: number): Scorer & { calls: number; widest: number } {
  const whole = scorerOf(model);
  const scorer = {
    contextLength,
    calls: 0,
    widest: 0,
    score: (sequences: readonly (readonly number[])[]) => {
      scorer.calls++;
      for (const ids of sequences) expect(ids.length).toBeLessThanOrEqual(contextLength);
      scorer.widest = Math.max(scorer.widest, sequences.length * Math.max(...sequences.map((ids) => ids.length)));
      return whole.score(sequences);
    },
  };
  return scorer;
}

const text = 'the egg of a hen is an oval body; the hen lays the egg and the egg becomes a hen. '.repeat(20);
const model = trainKneserNey([encodeText(bytes, text).ids], { vocabSize: bytes.vocabSize, order: 4 });

describe('scoreSequences', () => {
  it('gives windows the same answer as the whole, where the stride leaves enough context', async () => {
    const sequences = fc.array(fc.array(fc.constantFrom(...encodeText(bytes, text).ids), { maxLength: 60 }), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(sequences, fc.integer({ min: 1, max: 5 }), async (ids, stride) => {
        const scorer = bounded(model, 8);
        const scores = await scoreSequences(scorer, ids, { stride, batchTokens: 32 });
        expect(scorer.widest).toBeLessThanOrEqual(32);
        ids.forEach((sequence, i) => {
          const whole = model.logprobs(sequence);
          expect(scores[i]).toHaveLength(sequence.length);
          whole.forEach((logprob, t) => expect(scores[i]![t + 1]).toBeCloseTo(logprob, 5));
        });
      }),
      { numRuns: 100 },
    );
  });

  it('refuses a stride that leaves no context, and stops when asked to', async () => {
    await expect(scoreSequences(bounded(model, 8), [[1, 2]], { stride: 8 })).rejects.toThrow(/stride from 1 to 7/);
    await expect(scoreSequences(bounded(model, 8), [[1, 2]], { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('likelihood of documents', () => {
  it('counts the bytes of the text and not those of its context', async () => {
    const documents = [
      { id: 'a', context: 'the ', text: 'egg' },
      { id: 'b', text: 'Eiweiß' },
    ];
    const [first, second] = await scoreDocuments(scorerOf(model), bytes, documents);
    expect(first).toMatchObject({ tokens: 3, bytes: 3 });
    const whole = model.logprobs([bos, ...Buffer.from('the egg')]);
    expect(first!.nll).toBeCloseTo(-(whole[4]! + whole[5]! + whole[6]!), 5);
    expect(second).toMatchObject({ tokens: 7, bytes: 7 });
    const total = totalLikelihood([first!, second!]);
    expect(total.bitsPerByte).toBeCloseTo((first!.nll + second!.nll) / Math.LN2 / 10, 10);
    expect(total.perplexity).toBeCloseTo(Math.exp(total.nll / 10), 10);
  });

  it('takes a token across the border for text, and does not predict a first token that nothing precedes', () => {
    const word = {
      encode: () => [7, 8],
      encodeWithOffsets: () => ({
        ids: [7, 8],
        offsets: [
          [0, 3],
          [3, 9],
        ] as const,
      }),
    };
    const parts = { tokenizer: word, bosTokenId: undefined, eosTokenIds: [], chatIds: () => [] };
    expect(encodeText(parts as never, 'xxxxx', 'wwww')).toEqual({ ids: [7, 8], from: 1, bytes: 5 });
    expect(encodeText(parts as never, 'xxxxxxxxx')).toEqual({ ids: [7, 8], from: 1, bytes: 6 });
    const opened = { ...parts, eosTokenIds: [2] };
    expect(encodeText(opened as never, 'xxxxxxxxx')).toEqual({ ids: [2, 7, 8], from: 1, bytes: 9 });
    expect(() => encodeAnswer(parts as never, [], 'x')).toThrow(/chat template/);
  });

  it('refuses to measure nothing', async () => {
    await expect(scoreDocuments(scorerOf(model), bytes, [])).rejects.toThrow(/expected held-out text/);
  });
});

describe('choices', () => {
  // "hen" follows "a " more often than "egg" does, whatever was asked: only the question's own share decides.
  const question = {
    id: 'q',
    prompt: 'the hen lays the ',
    choices: ['body', 'egg', 'oval', 'hen.'],
    answer: 1,
    unconditional: '',
    messages: [{ role: 'user' as const, content: 'What does the hen lay?' }],
    unconditionalMessages: [{ role: 'user' as const, content: 'What?' }],
  };

  it('scores each choice given the question, less the choice alone', async () => {
    const result = await answerChoices(scorerOf(model), bytes, [question, { ...question, id: 'r', answer: 0 }]);
    expect(result).toMatchObject({ correct: 1, questions: 2, chance: 0.25 });
    expect(result.accuracy.value).toBe(0.5);
    const [answer] = result.answers;
    expect(answer).toMatchObject({ id: 'q', chosen: 1, correct: true });
    const sum = (context: string): number => {
      const ids = [bos, ...Buffer.from(`${context}egg`)];
      return model
        .logprobs(ids)
        .slice(-3)
        .reduce((a, b) => a + b, 0);
    };
    expect(answer!.scores[1]).toBeCloseTo(sum(question.prompt) - sum(''), 4);
  });

  it('asks as a chat, and refuses a question without one', async () => {
    const result = await answerChoices(scorerOf(model), bytes, [question], { chat: true });
    expect(result.answers[0]!.scores).toHaveLength(4);
    const { messages, ...bare } = question;
    expect(messages).toHaveLength(1);
    await expect(answerChoices(scorerOf(model), bytes, [bare], { chat: true })).rejects.toThrow(
      /question q to have messages/,
    );
  });
});

describe('an answer that is begun', () => {
  const user = { role: 'user' as const, content: 'What does "egg" mean?' };
  const begun = [user, { role: 'assistant' as const, content: 'egg: ' }];

  it('is given, and scored from where it goes on', () => {
    const { ids, from } = encodeAnswer(bytes, begun, 'oval');
    expect(ids).toEqual([...bytes.chatIds([user]), ...Buffer.from('egg: oval')]);
    expect(ids.length - from).toBe(4);
    expect(encodeAnswer(bytes, [user], 'oval').from).toBe(bytes.chatIds([user]).length);
  });

  it('is gone on with, without being repeated', async () => {
    const simulated = simulateModel({ says: 'an oval body' });
    const config = resolveEvaluationConfig();
    expect(
      await writeTexts(simulated, [{ messages: begun }, { messages: [user] }, { prompt: 'egg' }], { config }),
    ).toEqual(['an oval body', 'an oval body', 'an oval body']);
  });
});

describe('baselines', () => {
  it('measure the same bytes with xz or Brotli and with Kneser-Ney, on real text', async (context) => {
    const path = testData(context, 'pretrain', 'tinyshakespeare', 'input.txt');
    const paragraphs = readFileSync(path, 'utf8').slice(0, 600_000).split('\n\n');
    const heldOut = paragraphs.splice(-100).map((paragraph, i) => ({ id: String(i), text: paragraph }));
    const size = heldOut.reduce((sum, document) => sum + Buffer.byteLength(document.text), 0);
    const compressed = await compressionBaseline(paragraphs, heldOut);
    expect(compressed.compressor).toBe((await findXz()) ? 'xz -9e' : 'brotli -q 11 -w 24');
    expect(compressed.bytes).toBe(size);
    expect(compressed.bitsPerByte).toBeGreaterThan(2);
    expect(compressed.bitsPerByte).toBeLessThan(3.5);
    const other = await compressionBitsPerByte(brotli, paragraphs, heldOut);
    expect(Math.abs(other.bitsPerByte - compressed.bitsPerByte)).toBeLessThan(0.4);
    const ngram = await kneserNeyBaseline(bytes, paragraphs, heldOut);
    expect(ngram.bytes).toBe(size);
    expect(ngram.bitsPerByte).toBeGreaterThan(1.8);
    expect(ngram.bitsPerByte).toBeLessThan(2.8);
    expect(ngram.ngrams).toHaveLength(5);
  });

  it('give the compressor the contexts too, and do not count them', async () => {
    const training = Array.from({ length: 200 }, (_, i) => `word${i}: meaning number ${(i * 7919) % 1000}`);
    const heldOut = [{ id: 'a', context: 'word7: ', text: 'meaning number 433' }];
    const { bitsPerByte, bytes: counted } = await compressionBitsPerByte(brotli, training, heldOut);
    expect(counted).toBe(18);
    expect(bitsPerByte).toBeLessThan(4);
  });

  it('can be left out', async () => {
    const config = resolveEvaluationConfig({ baselines: false });
    const data = { heldOut: [{ id: 'a', text: 'egg' }] };
    expect(await measureBaselines({ model: bytes, training: [text], data, config })).toEqual({});
  });
});

describe('evaluate', () => {
  it('measures what there is data for, in the form the model knows', async () => {
    const simulated = simulateModel({ says: 'an oval body' });
    const { tokenizer, bosTokenId, eosTokenIds } = simulated;
    const tuned: EvaluatedModel = {
      tokenizer,
      bosTokenId,
      eosTokenIds,
      engine: { ...scorerOf(model), contextLength: 64 },
      chatIds: (messages) => simulated.chatIds(messages),
      chat: (request) => simulated.chat(request),
      generate: (request) => simulated.generate(request),
    };
    const seen: string[] = [];
    const result = await evaluate({
      model: tuned,
      data: {
        heldOut: [{ id: 'a', context: 'egg: ', text: 'the egg of a hen' }],
        writing: [
          {
            id: 'egg',
            messages: [{ role: 'user', content: 'What does "egg" mean?' }],
            references: ['an oval body'],
            baseline: 'a hen',
          },
        ],
        prompts: [{ prompt: 'egg: ' }, { messages: [{ role: 'user', content: 'What does "hen" mean?' }] }],
      },
      config: resolveEvaluationConfig({ batchTokens: 256 }),
      chat: true,
      onProgress: ({ unit }) => seen.push(unit),
    });
    expect(result.heldOut).toMatchObject({ documents: 1, bytes: 16 });
    expect(result.choice).toBeUndefined();
    expect(result.writing!.chrF.score).toBe(100);
    expect(result.writing!.baselineChrF!.score).toBeLessThan(50);
    expect(result.samples).toEqual([{ prompt: 'What does "hen" mean?', text: 'an oval body' }]);
    expect(new Set(seen)).toEqual(new Set(['texts', 'answers']));
  });

  it('refuses settings it does not know', () => {
    expect(() => resolveEvaluationConfig({ sampletokens: 3 } as never)).toThrow(/sampletokens/);
    expect(resolveEvaluationConfig({ sampleTokens: 3 })).toMatchObject({ sampleTokens: 3, kneserNeyOrder: 5 });
  });
});
