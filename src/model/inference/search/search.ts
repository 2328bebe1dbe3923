import { InvalidInput } from '../../../base/core/index.js';
import { BeamChooser, SampleChooser } from './chooser.js';
import type { Chooser } from './chooser.js';
import { checkOptions } from './options.js';
import type { Answer, CheckedOptions, SearchOptions } from './options.js';
import type { RowModel } from './rows.js';

/** Rows of one batch: enough that a step's products are worth their weights, few enough that logits stay small. */
const rowsAtOnce = 32;

/**
 * Answers prompts with beams, greedily or by sampling, in batches of prompts of similar length. A prompt's answers are
 * those it would get alone. In a batch, prompts whose answers are complete leave.
 *
 * @throws InvalidInput `search.option`, and for prompts that the model cannot take.
 */
export async function search(
  model: RowModel,
  prompts: readonly (readonly number[])[],
  options: SearchOptions,
): Promise<Answer[][]> {
  const checked = checkOptions(options, model.vocabSize, model.eos);
  for (const prompt of prompts) model.check(prompt, checked.maxTokens);
  const perPrompt = checked.numBeams > 1 ? checked.numBeams : checked.numAnswers;
  const atOnce = Math.max(1, Math.floor(rowsAtOnce / perPrompt));
  const order = prompts.map((_, i) => i).sort((a, b) => (prompts[b]?.length ?? 0) - (prompts[a]?.length ?? 0));
  const answers: Answer[][] = prompts.map(() => []);
  const seed = checked.sampling.seed ?? (globalThis.crypto.getRandomValues(new Uint32Array(1))[0] as number);
  for (let start = 0; start < order.length; start += atOnce) {
    const indices = order.slice(start, start + atOnce);
    const found = await searchBatch(
      model,
      indices.map((i) => prompts[i] as readonly number[]),
      checked,
      perPrompt,
      // A seed for each answer of the request, whatever the batches.
      indices.map((i) => seed + i * perPrompt),
    );
    indices.forEach((i, at) => (answers[i] = found[at] as Answer[]));
  }
  return answers;
}

async function searchBatch(
  model: RowModel,
  prompts: readonly (readonly number[])[],
  options: CheckedOptions,
  perPrompt: number,
  seeds: readonly number[],
): Promise<Answer[][]> {
  const { signal } = options;
  signal?.throwIfAborted();
  const histories = prompts.map((prompt) => model.history(prompt));
  const choosers = histories.map(
    (ids, i): Chooser =>
      options.numBeams > 1 ? new BeamChooser(options, ids) : new SampleChooser(options, ids, seeds[i] as number),
  );
  let active = choosers;
  const session = await model.begin(prompts, perPrompt, options.maxTokens);
  try {
    let tokens = histories.flatMap((ids) => Array.from({ length: perPrompt }, () => ids.at(-1) as number));
    for (;;) {
      const { logits, normalizers } = await session.step(tokens);
      signal?.throwIfAborted();
      const size = perPrompt * model.vocabSize;
      active.forEach((chooser, i) =>
        chooser.advance(
          logits.subarray(i * size, (i + 1) * size),
          normalizers.subarray(i * perPrompt, (i + 1) * perPrompt),
        ),
      );
      const left = active.map((_, i) => i).filter((i) => !(active[i] as Chooser).done);
      if (left.length === 0) break;
      const parents = left.flatMap((i) => (active[i] as Chooser).parents.map((row) => i * perPrompt + row));
      await session.select(parents, left);
      active = left.map((i) => active[i] as Chooser);
      tokens = active.flatMap((chooser) => chooser.tokens);
    }
  } finally {
    await session.end();
  }
  return choosers.map((chooser) => chooser.answers());
}

/** Throws `InvalidInput` for an empty prompt. */
export function checkPrompt(prompt: readonly number[]): void {
  if (prompt.length === 0) throw new InvalidInput('prompt.empty', 'search: expected at least one token, got none');
}
