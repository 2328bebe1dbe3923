import { z } from 'zod';

const count = z.int().min(0);

const fields = {
  batchTokens: z.int().min(1).describe('Most tokens in one forward pass, padding included.'),
  stride: z
    .int()
    .min(1)
    .nullable()
    .describe('New tokens per window of a text longer than the context; null takes half the context.'),
  heldOutDocuments: count.describe('Most held-out documents to measure bits per byte on; 0 takes all.'),
  choiceQuestions: count.describe('Most multiple-choice questions to ask; 0 asks all.'),
  writingTasks: count.describe('Most texts to let the tuned model write for chrF; 0 takes all.'),
  maxTokens: z.int().min(1).describe('Most tokens of a written text or a sample.'),
  temperature: z
    .number()
    .min(0)
    .max(2)
    .describe('Temperature of written texts and samples; 0 takes the likeliest token.'),
  seed: count.max(2147483647).describe('Seed of sampling where the temperature is above 0.'),
  compression: z.boolean().describe('Measure xz (or Brotli, where there is no xz) on the same bytes.'),
  kneserNeyOrder: z.int().min(0).max(10).describe('Longest n-gram of the Kneser-Ney baseline; 0 leaves it out.'),
};

/** Settings of an evaluation, complete. */
export const evaluationConfigSchema = z.strictObject(fields);
export type EvaluationConfig = z.infer<typeof evaluationConfigSchema>;

/** Section `evaluation` of `abovo.yaml`: every key may be left out, unknown keys are errors. */
export const evaluationSection = evaluationConfigSchema
  .partial()
  .describe('Evaluation: held-out bits per byte, questions, written texts, samples and baselines.');
export type EvaluationSection = z.infer<typeof evaluationSection>;

export const evaluationDefaults: EvaluationConfig = {
  batchTokens: 4096,
  stride: null,
  heldOutDocuments: 0,
  choiceQuestions: 0,
  writingTasks: 0,
  maxTokens: 64,
  temperature: 0,
  seed: 1,
  compression: true,
  kneserNeyOrder: 5,
};

/** Fills a section with defaults. */
export function resolveEvaluationConfig(section: EvaluationSection = {}): EvaluationConfig {
  const given = Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined));
  return evaluationConfigSchema.parse({ ...evaluationDefaults, ...given });
}
