import { buildCorpus } from './build-corpus.js';
import { buildBaselines, buildEvaluation } from './build-evaluation.js';
import { buildMid } from './build-mid.js';
import { buildBase, buildTuned } from './build-model.js';
import { buildPreferred } from './build-preferred.js';
import { buildTokenizer, buildTokens } from './build-tokens.js';
import type { Builders } from './run.js';

/** How each stage of a run is made. */
export const builders: Builders = {
  corpus: buildCorpus,
  tokenizer: buildTokenizer,
  tokens: buildTokens,
  baselines: buildBaselines,
  base: buildBase,
  mid: buildMid,
  tuned: buildTuned,
  preferred: buildPreferred,
  evaluation: buildEvaluation,
};
