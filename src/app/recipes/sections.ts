import { z } from 'zod';
import { families } from '../../model/architecture/index.js';
import type { ModelConfig } from '../../model/architecture/index.js';
import { positionSchemes } from '../../model/nn/index.js';
import { sourceEntrySchema, stepEntrySchema } from '../../stages/data/pipeline/index.js';
import { taskNames } from './task.js';

const familyNames = Object.keys(families) as [ModelConfig['family'], ...ModelConfig['family'][]];

const count = z.int().min(1);
const share = z.number().gt(0).lt(1);

/** `data.split`: what stays together when the corpus is split. */
const splitSection = z
  .strictObject({
    by: z
      .string()
      .regex(/^(document|source|cluster|metadata\.[\w.-]+)$/, 'expected document, source, cluster or metadata.FIELD')
      .optional()
      .describe(
        'What stays on one side of a split: documents of one text (document, the default), of one source, of one cluster of near-duplicates, or with one value of a metadata field (metadata.FIELD).',
      ),
  })
  .describe('How documents are put into training, validation and held-out text.');

/** `data.mix`: how often each source is trained on. */
const mixSection = z
  .strictObject({
    temperature: z
      .number()
      .min(1)
      .max(100)
      .optional()
      .describe('Evens sources out: shares go with size^(1/temperature); 1 (default) leaves them as they are.'),
    weights: z.record(z.string(), z.number().min(0)).optional().describe('Share of each source, by its name.'),
    epochs: z
      .record(z.string(), z.number().min(0).max(1000))
      .optional()
      .describe('How often each source is passed over in one epoch of the mixture, by its name.'),
    score: z
      .string()
      .regex(/^metadata\.[\w.-]+$/, 'expected metadata.FIELD')
      .optional()
      .describe('A curriculum: documents with low numbers in this metadata field come first.'),
    stages: z.int().min(2).max(100).optional().describe('Stages of the curriculum (default 4).'),
  })
  .describe('Mixture of the sources, on the tokens of training.');

/** Section `data`: the user's own files, a pipeline over sources, or a module that makes the corpus. */
export const dataSection = z
  .strictObject({
    files: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Text of your own: .txt, .md, .jsonl (field "text"), relative to this file; * and ** are allowed.'),
    sources: z
      .array(sourceEntrySchema)
      .min(1)
      .optional()
      .describe('Sources of a pipeline, each with its kind; see docs/data.md.'),
    steps: z
      .array(stepEntrySchema)
      .optional()
      .describe('Steps of the pipeline, in order: names, or names with options.'),
    split: splitSection.optional(),
    mix: mixSection.optional(),
    workers: z.int().min(0).max(1024).optional().describe('Worker processes of the pipeline; default: the cores.'),
    chats: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('JSONL files of chats ({"messages": [...]}) to tune on, beside files.'),
    pairs: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe(
        'JSONL files of pairs ({"messages": [...], "chosen", "rejected"}) to learn preferences from, beside chats.',
      ),
    module: z
      .string()
      .min(1)
      .optional()
      .describe('JavaScript module that writes the corpus; see docs/project-file.md.'),
    options: z.record(z.string(), z.json()).optional().describe('Handed to the module as they stand.'),
    licence: z.string().min(1).optional().describe('SPDX identifier of the licence of your files.'),
    validationShare: share.optional().describe('Share of the text watched during training.'),
    heldOutShare: share.optional().describe('Share of the text kept for the final measurement.'),
    documentBytes: count
      .optional()
      .describe('Files longer than this are cut at line ends into documents of this size.'),
    expectedBytes: count.optional().describe('Bytes of training text to plan with where a module makes the corpus.'),
  })
  .superRefine((data, context) => {
    const given = [data.files, data.sources, data.module].filter((item) => item !== undefined).length;
    if (given !== 1) context.addIssue({ code: 'custom', message: 'expected either files, sources or module' });
    if (data.chats !== undefined && data.module !== undefined) {
      context.addIssue({ code: 'custom', path: ['chats'], message: 'a module writes its own chats' });
    }
    for (const key of ['steps', 'split', 'mix', 'workers'] as const) {
      if (data[key] === undefined || data.sources !== undefined) continue;
      context.addIssue({ code: 'custom', path: [key], message: `${key} goes with sources` });
    }
    if (data.mix?.weights !== undefined && data.mix.epochs !== undefined) {
      context.addIssue({ code: 'custom', path: ['mix'], message: 'expected weights or epochs, not both' });
    }
    if (data.pairs !== undefined && data.chats === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['pairs'],
        message: 'pairs go with chats: the tuned model learns from them',
      });
    }
    if (data.options !== undefined && data.module === undefined) {
      context.addIssue({ code: 'custom', path: ['options'], message: 'options are for a module' });
    }
  })
  .describe('Where the text comes from and how it is split.');

/** Section `tokenizer`. */
export const tokenizerSection = z
  .strictObject({
    model: z.enum(['bpe', 'wordpiece', 'unigram']).optional().describe('How words become pieces.'),
    lowercase: z.boolean().optional().describe('Lower-case and strip accents (wordpiece).'),
    vocabSize: z.int().min(64).max(1_000_000).optional().describe('Pieces, the 256 bytes and special tokens included.'),
    minFrequency: count.optional().describe('Pairs rarer than this are not merged.'),
  })
  .describe('The tokenizer that is trained on the training text: byte-level BPE, WordPiece or Unigram.');

/** Section `architecture`: one dial, and what it derives. */
export const architectureSection = z
  .strictObject({
    depth: z
      .int()
      .min(1)
      .max(128)
      .optional()
      .describe('The dial: layers; width, heads, batch and rates follow from it.'),
    family: z.enum(familyNames).optional().describe('Family of the model: decoders, encoders and encoder-decoders.'),
    contextLength: z.int().min(8).max(1_048_576).optional().describe('Longest sequence in tokens.'),
    hiddenSize: count.optional(),
    intermediateSize: count.optional(),
    numHeads: count.optional(),
    numKvHeads: count.optional(),
    positions: z
      .enum(positionSchemes)
      .optional()
      .describe('How a decoder learns where its tokens stand; default: rope (llama), learned (gpt2), alibi (bloom).'),
    ropeTheta: z.number().gt(0).optional().describe('Base of the rotary frequencies of a decoder.'),
    window: count.optional().describe('Tokens that attention looks back, its own included (llama); default: all.'),
    qkNorm: z.boolean().optional().describe('Norm queries and keys head by head (llama).'),
    numDecoderLayers: count.optional().describe('Layers of the decoder of an encoder-decoder.'),
    embeddings: z
      .strictObject({
        from: z.string().min(1),
        projection: z.enum(['random', 'pca']).optional(),
      })
      .optional()
      .describe(
        'Start the embedding table from static vectors: from, a file of word2vec, GloVe or fastText; projection (random or pca), where its vectors are not hiddenSize wide.',
      ),
    tieEmbeddings: z.boolean().optional().describe('The output layer shares the embedding table.'),
  })
  .describe('The transformer.');

/** Section `objective`: what the base model is trained to do. */
export const objectiveSection = z
  .strictObject({
    task: z
      .enum(taskNames)
      .optional()
      .describe(
        'What is learned; default: causal for decoders, masked for encoders, span-corruption for t5, denoising for bart.',
      ),
    share: share.optional().describe('Share of the tokens that is masked, taken out or infilled.'),
    wholeWords: z.boolean().optional().describe('Mask words as a whole (masked).'),
    meanLength: z.number().min(1).max(64).optional().describe('Mean length of a span (span-corruption, denoising).'),
    permuteSentences: z.boolean().optional().describe('Shuffle sentences (denoising).'),
    deletion: z.number().min(0).lt(1).optional().describe('Share of the tokens deleted without a trace (denoising).'),
    rotation: z.number().min(0).max(1).optional().describe('Share of the texts that begin elsewhere (denoising).'),
  })
  .describe('What the base model is trained to do, and the noise that makes texts into tasks.');

/** Section `compute`: where it runs. Recorded with the result, not part of what decides it. */
export const computeSection = z
  .strictObject({
    device: z.enum(['cpu', 'webgpu']).optional().describe('Execution provider of ONNX Runtime.'),
    threads: z.int().min(1).max(1024).optional().describe('Threads of one operator; default: the cores.'),
  })
  .describe('Device and threads.');

/** Section `cost`: prices for the estimate and the bill. */
export const costSection = z
  .strictObject({
    currency: z.string().min(1).max(8).optional(),
    perHour: z.number().min(0).optional().describe('Price of this machine per hour.'),
  })
  .describe('Prices, for the estimate before a run and the bill after it.');
