import type { TrainConfig } from './config.js';

export type ScheduleConfig = Pick<
  TrainConfig,
  'schedule' | 'steps' | 'warmupSteps' | 'decayFraction' | 'finalLearningRateFraction'
>;

/**
 * Learning rate of update `step` (0-based) as a share of the peak. Warm-up rises linearly and reaches the peak with its
 * last step; the decay starts from the peak and would reach the final share with the step after the last, so that no
 * step is spent at a rate of zero.
 */
export function learningRateFactor(config: ScheduleConfig, step: number): number {
  const { schedule, steps, warmupSteps, decayFraction, finalLearningRateFraction: final } = config;
  if (step < warmupSteps) return (step + 1) / warmupSteps;
  const start = schedule === 'wsd' ? Math.max(warmupSteps, steps - Math.round(steps * decayFraction)) : warmupSteps;
  if (schedule === 'constant' || step < start || start >= steps) return 1;
  if (schedule === 'sweep') return final ** (1 - (step - start) / Math.max(1, steps - start - 1));
  const progress = Math.min(1, (step - start) / (steps - start));
  const share = schedule === 'cosine' ? 0.5 * (1 + Math.cos(Math.PI * progress)) : 1 - progress;
  return final + (1 - final) * share;
}
