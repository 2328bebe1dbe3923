import { z } from 'zod';
import type { Document } from '../document.js';
import { type DocumentStep, defineStep } from '../pipeline/step.js';
import { withoutRanges } from '../dedup/index.js';
import { ContaminationIndex, type Leak, gramSchema } from './contamination-index.js';
import { readEvaluationItems } from './read-items.js';

const shared = {
  action: z.enum(['drop', 'cut']).default('drop').describe('The whole document goes, or only the runs that leaked.'),
  share: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Least share of an item’s runs that a document must have; 0: one run is enough.'),
  margin: z.int().min(0).max(10_000).default(0).describe('cut: characters before and after that go too (GPT-3: 200).'),
};
const actionOptions = z.strictObject(shared);
export type DecontaminateOptions = z.input<typeof actionOptions>;

const stepOptions = z
  .strictObject({
    sets: z
      .array(
        z.strictObject({
          files: z.array(z.string().min(1)).min(1).describe('.jsonl, .json or .txt, gzipped or not.'),
          name: z.string().min(1).optional(),
          fields: z.array(z.string().min(1)).min(1).optional().describe('Fields whose text counts; default: all.'),
        }),
      )
      .min(1)
      .describe('Evaluation sets.'),
    ...gramSchema,
    ...shared,
  })
  .describe('Takes out what stands in evaluation sets.');

/** A step from an index; `onLeaks` is told of every document that has something. */
export function decontaminateStep(
  index: Pick<ContaminationIndex, 'leaks'>,
  options: DecontaminateOptions = {},
  onLeaks?: (document: Document, leaks: readonly Leak[]) => void,
): DocumentStep {
  const { action, share, margin } = actionOptions.parse(options);
  return {
    apply(document) {
      const leaks = index.leaks(document.text).filter(({ found, of }) => found / of >= share);
      const worst = leaks[0];
      if (!worst) return document;
      onLeaks?.(document, leaks);
      const more = leaks.length > 1 ? ` and ${leaks.length - 1} other${leaks.length > 2 ? 's' : ''}` : '';
      const detail = `${worst.found} of ${worst.of} runs of ${worst.set}/${worst.item}${more}`;
      if (action === 'drop') return { drop: 'leakedEvaluation', detail };
      const text = withoutRanges(document.text, united(leaks, document.text, margin)).trim();
      return text === '' ? { drop: 'leakedEvaluation', detail } : { ...document, text };
    },
  };
}

function united(leaks: readonly Leak[], text: string, margin: number): [number, number][] {
  const wide = leaks
    .flatMap(({ spans }) => spans)
    .map(([start, end]): [number, number] => [Math.max(0, start - margin), Math.min(text.length, end + margin)])
    .sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const span of wide) {
    const last = out.at(-1);
    if (last && span[0] <= last[1]) last[1] = Math.max(last[1], span[1]);
    else out.push(span);
  }
  // A margin may end inside a surrogate pair.
  const low = (at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  return out.map(([start, end]) => [low(start) ? start - 1 : start, low(end) ? end + 1 : end]);
}

export const decontaminate = defineStep({
  kind: 'document',
  name: 'decontaminate',
  summary: 'Takes out documents, or runs of words, that stand in evaluation sets.',
  version: 1,
  options: stepOptions,
  async create({ sets, words, characters, shortest, mostItems, ...options }, { folder }) {
    const index = new ContaminationIndex([], { words, characters, shortest, mostItems });
    for await (const item of readEvaluationItems(sets, { folder })) index.add(item);
    return decontaminateStep(index, options);
  },
});
