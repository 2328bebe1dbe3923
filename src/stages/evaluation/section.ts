import { z } from 'zod';

const count = z.int().min(0);

const fields = {
  heldOutBytes: z.int().min(1).describe('Held-out text to measure on at most, whole documents from the first on.'),
  questions: count.describe('Multiple-choice questions to score at most.'),
  answers: count.describe('Answers to write and compare with references at most.'),
  samples: count.describe('Samples shown in the report.'),
  sampleTokens: z.int().min(1).describe('Longest answer or sample in tokens.'),
  temperature: z.number().min(0).max(2).describe('Temperature of answers and samples; 0 takes the likeliest token.'),
  repetitionPenalty: z
    .number()
    .min(1)
    .max(10)
    .describe('Makes tokens already seen less likely in answers and samples; 1 is off.'),
  seed: count.max(2147483647).describe('Seed of answers and samples where the temperature is above 0.'),
  baselines: z.boolean().describe('Measure xz and an n-gram model on the same split.'),
  kneserNeyOrder: z.int().min(1).max(10).describe('Longest n-gram of the Kneser-Ney baseline.'),
  batchTokens: z.int().min(1).describe('Most tokens in one forward pass, padding included.'),
  stride: z
    .int()
    .min(1)
    .nullable()
    .describe('New tokens per window of a text longer than the context; null takes half the context.'),
};

/** Settings of an evaluation, complete. */
export const evaluationConfigSchema = z.strictObject(fields);
export type EvaluationConfig = z.infer<typeof evaluationConfigSchema>;

/** Section `evaluation` of `abovo.yaml`: every key may be left out, unknown keys are errors. */
export const evaluationSection = evaluationConfigSchema.partial().describe('What is measured after training.');
export type EvaluationSection = z.infer<typeof evaluationSection>;

export const evaluationDefaults: EvaluationConfig = {
  heldOutBytes: 400_000,
  questions: 2500,
  answers: 100,
  samples: 6,
  sampleTokens: 48,
  temperature: 0,
  repetitionPenalty: 1,
  seed: 1,
  baselines: true,
  kneserNeyOrder: 5,
  batchTokens: 4096,
  stride: null,
};

/** Fills a section with defaults. */
export function resolveEvaluationConfig(section: EvaluationSection = {}): EvaluationConfig {
  const given = Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined));
  return evaluationConfigSchema.parse({ ...evaluationDefaults, ...given });
}
