import { z } from 'zod';
import { InvalidInput } from '../../base/core/index.js';

const fraction = z.number().min(0).max(1);
const count = z.int().min(0);

/** Every key of a training run, with neither defaults nor derivations. */
const fields = {
  optimizer: z
    .enum(['adamw', 'muon'])
    .describe('AdamW for everything, or Muon for hidden matrices and AdamW for embeddings, head and vectors.'),
  learningRate: z.number().positive().describe('Peak learning rate of AdamW.'),
  embeddingLearningRate: z
    .number()
    .positive()
    .nullable()
    .describe('Peak learning rate of embeddings and head; null takes learningRate.'),
  muonLearningRate: z.number().positive().describe('Peak learning rate of the matrices under Muon.'),
  schedule: z
    .enum(['cosine', 'linear', 'wsd', 'constant', 'sweep'])
    .describe(
      'Shape after warm-up; wsd (warm-up, stable, decay) stays at the peak and then falls linearly; sweep rises exponentially from the final share to the peak, to find a rate.',
    ),
  warmupSteps: count.describe('Steps of linear warm-up from zero.'),
  decayFraction: fraction.describe('Share of the steps in which wsd decays, at the end of the run.'),
  finalLearningRateFraction: fraction.describe('Learning rate at the end of the decay as a share of the peak.'),
  beta1: fraction.describe('Decay of the first moment (AdamW).'),
  beta2: fraction.describe('Decay of the second moment (AdamW).'),
  epsilon: z.number().positive().describe('Added to the root of the second moment (AdamW).'),
  muonMomentum: fraction.describe('Nesterov momentum of Muon.'),
  muonScale: z
    .enum(['aspect', 'match-adamw'])
    .describe('Size of a Muon update: sqrt(max(1, out/in)), or 0.2·sqrt(max(out, in)), which suits AdamW rates.'),
  weightDecay: z.number().min(0).describe('Decoupled weight decay, on matrices only.'),
  decayEmbeddings: z.boolean().describe('Also decay embeddings and head.'),
  labelSmoothing: z.number().min(0).max(0.9).describe('Share of a target spread evenly over the vocabulary.'),
  zLoss: z.number().min(0).describe('Weight of the squared log-sum-exp of the logits; 1e-4 keeps them from drifting.'),
  averageDecay: z
    .number()
    .min(0)
    .max(0.99999)
    .describe('Decay per step of an exponential moving average of the weights; 0 keeps none.'),
  noiseScale: z
    .boolean()
    .describe('Measure the gradient noise scale from the micro-batches of a step; needs two or more.'),
  clipNorm: z.number().min(0).describe('Global gradient norm above which gradients are scaled down; 0 is off.'),
  batchTokens: z.int().min(1).describe('Tokens per optimizer step.'),
  microBatchSize: z.int().min(1).describe('Sequences per micro-batch; gradients of a step add up over micro-batches.'),
  steps: z.int().min(1).describe('Optimizer steps: the token horizon, fixed before the run starts.'),
  dropout: z.number().min(0).max(0.9).describe('Share of activations dropped while training.'),
  seed: count.max(2147483647).describe('Seed of dropout and of the order of the data.'),
  validateEvery: count.describe('Steps between validations; 0 validates only at the end.'),
  validationBatches: count.describe('Batches per validation; 0 takes one whole pass.'),
  select: z
    .enum(['last', 'best', 'average'])
    .describe(
      'Weights that the run ends with: those of the last step, of the validation with the lowest loss, or their moving average.',
    ),
  checkpointEvery: count.describe('Steps between checkpoints; 0 writes one only at the end or when stopped.'),
  keepCheckpoints: z.int().min(1).describe('Checkpoints kept; older ones are removed.'),
  divergenceThreshold: z
    .number()
    .positive()
    .describe('Nats above the best loss so far that count as diverged when they last for divergencePatience steps.'),
  divergencePatience: z.int().min(1).describe('Consecutive bad steps after which a diverged run stops.'),
};

/** A training run, complete: nothing else than this, the data and the initial weights decides its result. */
export const trainConfigSchema = z.strictObject(fields);
export type TrainConfig = z.infer<typeof trainConfigSchema>;

/** Section `training` of `abovo.yaml`: every key may be left out, unknown keys are errors. */
export const trainingSection = trainConfigSchema
  .partial()
  .describe('Pretraining: optimizer, schedule, batch, horizon, validation and checkpoints.');
export type TrainingSection = z.infer<typeof trainingSection>;

/** Defaults of the keys that do not depend on the model's size. */
export const trainingDefaults = {
  optimizer: 'adamw',
  embeddingLearningRate: null,
  muonLearningRate: 0.02,
  schedule: 'cosine',
  decayFraction: 0.4,
  finalLearningRateFraction: 0.05,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  muonMomentum: 0.95,
  muonScale: 'aspect',
  weightDecay: 0.1,
  decayEmbeddings: false,
  labelSmoothing: 0,
  zLoss: 0,
  averageDecay: 0,
  noiseScale: false,
  clipNorm: 1,
  dropout: 0,
  seed: 1,
  select: 'last',
  keepCheckpoints: 2,
  validationBatches: 0,
  divergenceThreshold: 2,
  divergencePatience: 20,
} as const satisfies TrainingSection;

/**
 * Fills a section with defaults and checks the whole. `learningRate`, `batchTokens`, `microBatchSize` and `steps` have
 * no default; warm-up is 2 % of the steps, validation and checkpoints come ten times a run.
 *
 * @throws InvalidInput with every problem at once.
 */
export function resolveTrainConfig(section: TrainingSection): TrainConfig {
  const steps = section.steps ?? 0;
  const tenth = Math.max(1, Math.round(steps / 10));
  const given = Object.fromEntries(Object.entries(section).filter(([, value]) => value !== undefined));
  const parsed = trainConfigSchema.safeParse({
    ...trainingDefaults,
    warmupSteps: Math.min(steps, Math.max(1, Math.round(steps * 0.02))),
    validateEvery: tenth,
    checkpointEvery: tenth,
    ...given,
  });
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.') || 'training'}: ${issue.message}`);
  if (parsed.success && parsed.data.warmupSteps > parsed.data.steps) {
    problems.push(`warmupSteps: expected at most steps (${parsed.data.steps}), got ${parsed.data.warmupSteps}`);
  }
  if (parsed.success && parsed.data.select === 'average' && parsed.data.averageDecay === 0) {
    problems.push('averageDecay: expected above 0 where select is average, got 0; 0.999 is usual');
  }
  if (!parsed.success || problems.length > 0) {
    throw new InvalidInput('training.config', `training settings: ${problems.join('; ')}`, { problems });
  }
  return parsed.data;
}
