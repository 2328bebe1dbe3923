import { z } from 'zod';
import { resolveTrainConfig, trainConfigSchema } from '../../training/index.js';
import type { TrainConfig } from '../../training/index.js';
import { finetuningDefaults } from '../section.js';
import { preferenceLosses } from './losses.js';
import type { PreferenceLossName } from './losses.js';
import type { PreferenceOptions } from './objective.js';

const lossNames = Object.keys(preferenceLosses) as [PreferenceLossName, ...PreferenceLossName[]];

/** Section `preference` of `abovo.yaml`: the keys of `training` and the loss over pairs. */
export const preferenceSection = trainConfigSchema
  .partial()
  .extend({
    loss: z
      .enum(lossNames)
      .optional()
      .describe('Loss over pairs: sigmoid is DPO (with labelSmoothing cDPO); default sigmoid.'),
    beta: z
      .number()
      .gt(0)
      .optional()
      .describe('How closely the reference is kept to: small goes far; default 0.1 (simpo 2).'),
    gammaOverBeta: z.number().min(0).optional().describe('Margin of simpo in units of beta; default 0.5.'),
    likelihoodWeight: z
      .number()
      .min(0)
      .optional()
      .describe("Weight of the chosen answer's negative log-likelihood per token, added to the loss; default 0."),
  })
  .describe('Learning from pairs of answers, the first preferred; the tuned model is start and reference.');
export type PreferenceSection = z.infer<typeof preferenceSection>;

/**
 * Fills a section with defaults. `labelSmoothing` is that of the pairs' labels (cDPO), not of tokens; see `resolveTrainConfig`
 * for the rest.
 */
export function resolvePreferenceConfig(section: PreferenceSection): {
  readonly config: TrainConfig;
  readonly options: PreferenceOptions;
} {
  const { loss = 'sigmoid', beta, gammaOverBeta = 0.5, likelihoodWeight = 0, ...training } = section;
  const given = Object.fromEntries(Object.entries(training).filter(([, value]) => value !== undefined));
  const config = resolveTrainConfig({ ...finetuningDefaults, ...given });
  return {
    config,
    options: {
      loss,
      beta: beta ?? (loss === 'simpo' ? 2 : 0.1),
      labelSmoothing: config.labelSmoothing,
      gammaOverBeta,
      likelihoodWeight,
    },
  };
}
