import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { type StepDefinition, defineStep } from '../pipeline/index.js';
import { type TextClassifier, loadTextClassifier } from '../quality/index.js';
import { groupsIn } from './groups.js';
import { type Category, type Entry, categories } from './lexicon.js';
import { type SafetyScore, SafetyScorer } from './score.js';

/** Scores from which on a document is taken out: where the lexicon was wrong about one web sentence in thousands. */
export const defaultThresholds: Readonly<Record<Category, number>> = {
  hate: 0.6,
  insult: 0.8,
  profanity: 0.8,
  sexual: 0.7,
  violence: 0.7,
};

const threshold = z.number().min(0).max(1);

export const safetyOptions = z.strictObject({
  /** Least score of a category that takes a document out; 1 for never. Those not named keep their defaults. */
  thresholds: z
    .strictObject({
      hate: threshold.optional(),
      insult: threshold.optional(),
      profanity: threshold.optional(),
      sexual: threshold.optional(),
      violence: threshold.optional(),
    })
    .default({}),
  /** Least score of all together. */
  toxicity: threshold.default(0.85),
  /** JSON file of more words: `{"word": {"category": "hate", "weight": 2}}`; a weight of 0 takes a word out. */
  words: z.string().optional(),
  /** A classifier of `abovo data train-classifier`: its probability of `label` joins the toxicity. */
  classifier: z.strictObject({ model: z.string(), label: z.string(), weight: threshold.default(1) }).optional(),
});
export type SafetyOptions = z.infer<typeof safetyOptions>;

const wordsFile = z.record(
  z.string().min(1).max(100),
  z.strictObject({ category: z.enum(categories), weight: z.number().min(0).max(10) }),
);

/** A scorer with the options' words and classifier. Errors: `InvalidInput` where a file is not what it should be. */
export async function openSafety(
  options: Pick<SafetyOptions, 'words' | 'classifier'>,
  folder: string,
): Promise<(text: string) => SafetyScore> {
  let more: Record<string, Entry> = {};
  if (options.words !== undefined) {
    try {
      more = wordsFile.parse(JSON.parse(await readFile(resolve(folder, options.words), 'utf8')));
    } catch (error) {
      throw new InvalidInput(
        'data.safety',
        `safety: expected {"word": {"category": …, "weight": …}} in ${options.words}, ${messageOf(error)}`,
        { path: options.words },
        error,
      );
    }
  }
  const scorer = new SafetyScorer(more);
  if (!options.classifier) return (text) => scorer.score(text);
  const { model, label, weight } = options.classifier;
  const classifier: TextClassifier = await loadTextClassifier(resolve(folder, model));
  classifier.placeOf(label);
  return (text) => {
    const score = scorer.score(text);
    // Two witnesses, joined as if they erred independently.
    const toxicity = 1 - (1 - score.toxicity) * (1 - weight * classifier.probability(text, label));
    return { ...score, toxicity: Math.round(toxicity * 1e4) / 1e4 };
  };
}

/** Categories (and `toxicity`) whose threshold a score reaches. */
export function broken(
  score: SafetyScore,
  { thresholds, toxicity }: Pick<SafetyOptions, 'thresholds' | 'toxicity'>,
): string[] {
  const limits = { ...defaultThresholds, ...thresholds };
  const found: string[] = categories.filter(
    (category) => limits[category]! < 1 && score.categories[category] >= limits[category]!,
  );
  if (toxicity < 1 && score.toxicity >= toxicity) found.push('toxicity');
  return found;
}

const safetyFilter = defineStep<SafetyOptions>({
  kind: 'document',
  name: 'safetyFilter',
  summary: 'Takes out hateful, insulting, profane, sexual and violent text by category, reading its context.',
  version: 1,
  options: safetyOptions,
  async create(options, { folder }) {
    const score = await openSafety(options, folder);
    return {
      apply(document) {
        const found = score(document.text);
        const [first] = broken(found, options);
        const safety = { toxicity: found.toxicity, ...found.categories };
        if (first === undefined) return { ...document, metadata: { ...document.metadata, safety } };
        const value = first === 'toxicity' ? found.toxicity : found.categories[first as Category];
        const groups = groupsIn(document.text);
        // The groups that a removed document mentions are named, so that removals can be counted by group.
        return {
          drop: `safety:${first}`,
          detail: `${value.toFixed(2)}${groups.length > 0 ? `; mentions ${groups.join(', ')}` : ''}`,
        };
      },
    };
  },
});

export const steps: readonly StepDefinition[] = [safetyFilter];
