import { AbovoError } from '../../base/core/index.js';
import type { TrainConfig } from './config.js';
import type { StepResult } from './step.js';

export interface WatchState {
  readonly bestLoss: number | null;
  readonly badSteps: number;
}

const advice =
  'lower the learning rate, lengthen the warm-up or clip gradients (clipNorm), then run again in a new folder';

/**
 * Watches a run for divergence: a loss or gradient that is not finite stops at once, a loss that stays more than
 * `divergenceThreshold` nats above the best one for `divergencePatience` steps stops then.
 *
 * @throws AbovoError `training.not-finite` or `training.diverged`.
 */
export function watch(
  config: Pick<TrainConfig, 'divergenceThreshold' | 'divergencePatience'>,
  state: WatchState,
  step: number,
  result: StepResult,
  lastGood: string,
): WatchState {
  if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradNorm)) {
    throw new AbovoError(
      'world',
      'training.not-finite',
      `training: step ${step}: expected a finite loss and gradient, got loss ${result.loss}, gradient norm ${result.gradNorm}; ${lastGood}; ${advice}`,
      { step, loss: String(result.loss), gradNorm: String(result.gradNorm) },
    );
  }
  const bestLoss = Math.min(state.bestLoss ?? Number.POSITIVE_INFINITY, result.loss);
  const badSteps = result.loss > bestLoss + config.divergenceThreshold ? state.badSteps + 1 : 0;
  if (badSteps >= config.divergencePatience) {
    throw new AbovoError(
      'world',
      'training.diverged',
      `training: step ${step}: the loss (${result.loss.toFixed(3)}) has been more than ${config.divergenceThreshold} nats above its best (${bestLoss.toFixed(3)}) for ${badSteps} steps; ${lastGood}; ${advice}`,
      { step, loss: result.loss, bestLoss },
    );
  }
  return { bestLoss, badSteps };
}
