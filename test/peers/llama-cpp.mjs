// Runs llama.cpp on GGUF files: reads requests as JSON from standard input, writes their answers as JSON.
//
// Both are lists of the interfaces in test/llama-cpp.ts. In a process of its own: a file that makes llama.cpp abort must
// not take the tests with it.
import { text } from 'node:stream/consumers';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

/** @typedef {import('../llama-cpp.js').LlamaRequest} LlamaRequest */
/** @typedef {import('../llama-cpp.js').LlamaAnswer} LlamaAnswer */

// One thread: llama.cpp's threads wait by spinning, which on a busy machine takes minutes.
const llama = await getLlama({ build: 'never', gpu: false, logLevel: LlamaLogLevel.error, maxThreads: 1 });

/** @param {import('node-llama-cpp').LlamaModel} model @param {NonNullable<LlamaRequest['evaluate']>} evaluate */
async function proceed(model, evaluate) {
  const context = await model.createContext({
    contextSize: Math.max(...evaluate.map(({ ids, steps }) => ids.length + steps)) + 8,
    flashAttention: false,
    // Halves are the default for keys and values; the comparison is of computations in f32.
    experimentalKvCacheKeyType: 'F32',
    experimentalKvCacheValueType: 'F32',
  });
  const sequence = context.getSequence();
  /** @type {number[][]} */
  const continuations = [];
  for (const { ids, steps } of evaluate) {
    await sequence.clearHistory();
    /** @type {number[]} */
    const made = [];
    const prompt = /** @type {import('node-llama-cpp').Token[]} */ (ids);
    for await (const token of sequence.evaluate(prompt, { temperature: 0, topK: 1, yieldEogToken: true })) {
      made.push(token);
      if (made.length >= steps) break;
    }
    continuations.push(made);
  }
  await context.dispose();
  return continuations;
}

/** @param {import('node-llama-cpp').LlamaModel} model @param {readonly string[]} texts */
async function embed(model, texts) {
  const context = await model.createEmbeddingContext({ contextSize: 128 });
  /** @type {number[][]} */
  const vectors = [];
  for (const sample of texts) vectors.push([...(await context.getEmbeddingFor(sample)).vector]);
  await context.dispose();
  return vectors;
}

/** @param {LlamaRequest} request @returns {Promise<LlamaAnswer>} */
async function answer({ model: modelPath, tokenize = [], evaluate = [], embed: texts = [] }) {
  const model = await llama.loadModel({ modelPath, useMmap: false });
  const answered = {
    llamaCpp: llama.llamaCppRelease.release,
    vocabulary: model.vocabularyType,
    bos: model.tokens.bos,
    eos: model.tokens.eos,
    tokens: tokenize.map((sample) => [...model.tokenize(sample, false)]),
    continuations: evaluate.length > 0 ? await proceed(model, evaluate) : [],
    vectors: texts.length > 0 ? await embed(model, texts) : [],
  };
  await model.dispose();
  return answered;
}

/** @type {LlamaAnswer[]} */
const answers = [];
for (const request of JSON.parse(await text(process.stdin))) answers.push(await answer(request));
process.stdout.write(JSON.stringify(answers), () => process.exit(0));
