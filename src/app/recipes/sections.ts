import { z } from 'zod';

const count = z.int().min(1);
const share = z.number().gt(0).lt(1);

/** Section `data`: the user's own files, or a module that makes the corpus. */
export const dataSection = z
  .strictObject({
    files: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Text of your own: .txt, .md, .jsonl (field "text"), relative to this file; * and ** are allowed.'),
    chats: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('JSONL files of chats ({"messages": [...]}) to tune on, beside files.'),
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
    if ((data.files === undefined) === (data.module === undefined)) {
      context.addIssue({ code: 'custom', message: 'expected either files or module' });
    }
    if (data.chats !== undefined && data.files === undefined) {
      context.addIssue({ code: 'custom', path: ['chats'], message: 'chats go with files; a module writes its own' });
    }
    if (data.options !== undefined && data.module === undefined) {
      context.addIssue({ code: 'custom', path: ['options'], message: 'options are for a module; files take none' });
    }
  })
  .describe('Where the text comes from and how it is split.');

/** Section `tokenizer`. */
export const tokenizerSection = z
  .strictObject({
    vocabSize: z
      .int()
      .min(257)
      .max(1_000_000)
      .optional()
      .describe('Pieces, the 256 bytes and special tokens included.'),
    minFrequency: count.optional().describe('Pairs rarer than this are not merged.'),
  })
  .describe('The byte-level BPE tokenizer that is trained on the training text.');

/** Section `architecture`: one dial, and what it derives. */
export const architectureSection = z
  .strictObject({
    depth: z
      .int()
      .min(1)
      .max(128)
      .optional()
      .describe('The dial: layers; width, heads, batch and rates follow from it.'),
    family: z.enum(['llama', 'gpt2']).optional().describe('Family of the blocks.'),
    contextLength: z.int().min(8).max(1_048_576).optional().describe('Longest sequence in tokens.'),
    hiddenSize: count.optional(),
    intermediateSize: count.optional(),
    numHeads: count.optional(),
    numKvHeads: count.optional(),
    tieEmbeddings: z.boolean().optional().describe('The output layer shares the embedding table.'),
  })
  .describe('The decoder-only transformer.');

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
