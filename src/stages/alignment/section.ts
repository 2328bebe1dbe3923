import { z } from 'zod';
import { resolveTrainConfig, trainConfigSchema } from '../training/index.js';
import type { TrainConfig, TrainingSection } from '../training/index.js';

export const overlongPolicies = ['cut', 'reject'] as const;

/** What happens to a chat longer than a sequence: keep its beginning, or leave it out. Both are counted. */
export type OverlongPolicy = (typeof overlongPolicies)[number];

/** Section `finetuning` of `abovo.yaml`: the keys of `training` and what becomes of overlong chats. */
export const finetuningSection = trainConfigSchema
  .partial()
  .extend({
    overlong: z
      .enum(overlongPolicies)
      .optional()
      .describe('A chat longer than the sequence: cut keeps its beginning, reject leaves it out. Both are counted.'),
  })
  .describe('Supervised fine-tuning on chats; the loss is taken on the answers only.');
export type FinetuningSection = z.infer<typeof finetuningSection>;

/** Defaults that differ from pretraining: a linear decay to zero and no weight decay. */
export const finetuningDefaults = {
  schedule: 'linear',
  finalLearningRateFraction: 0,
  weightDecay: 0,
} as const satisfies TrainingSection;

/** Fills a fine-tuning section with defaults; see `resolveTrainConfig`. */
export function resolveFinetuningConfig(section: FinetuningSection): {
  readonly config: TrainConfig;
  readonly overlong: OverlongPolicy;
} {
  const { overlong = 'cut', ...training } = section;
  const given = Object.fromEntries(Object.entries(training).filter(([, value]) => value !== undefined));
  return { config: resolveTrainConfig({ ...finetuningDefaults, ...given }), overlong };
}
