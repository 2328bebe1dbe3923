import { join } from 'node:path';
import type { Message } from '../../base/contract/index.js';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import { loadModel } from '../../model/architecture/index.node.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
import {
  type EncodedPair,
  type PackedPairs,
  packPairs,
  pairScores,
  preferenceLosses,
  preferenceObjective,
} from '../../stages/alignment/preference/index.js';
import { trainInto } from './build-model.js';
import { endOfText, endOfTurn } from './chat-format.js';
import { corpusFiles } from './corpus-module.js';
import { lineSchemas, readJsonLines } from './json-lines.js';
import type { BuildStage } from './run.js';

/** Every n-th pair is watched, not learned from. */
const watched = 50;

/** Stage `preferred`: the tuned model learns which of two answers is preferred; it is start and reference. */
export const buildPreferred: BuildStage = async (work, context) => {
  const { plan, parents, onProgress } = context;
  const { config, options } = plan.horizon.preference!;
  const { system } = plan.horizon.finetuning!;
  const { tokenizer, chatTemplate } = await loadTokenizer(parents.tokenizer!.folder);
  const { config: architecture, params } = await loadModel(parents.tuned!.folder, 'decoder');
  const opening: Message[] = system === undefined ? [] : [{ role: 'system', content: system }];
  const side = (messages: readonly Message[], content: string) => {
    const { ids, assistantMask } = chatTemplate!.encode(tokenizer, [
      ...opening,
      ...messages,
      { role: 'assistant', content },
    ]);
    // Both sides share what stands before the answers: the loss is taken on the last turn alone.
    const assistant = Uint8Array.from(assistantMask, Number);
    let end = assistant.length;
    while (end > 0 && !assistant[end - 1]) end--;
    let start = end;
    while (start > 0 && assistant[start - 1]) start--;
    return { ids, assistant: assistant.fill(0, 0, start) };
  };
  const sequenceLength = architecture.contextLength;
  // More pairs than one pass of the steps takes would only be asked about, not learned from.
  const tokensWanted = config.steps * config.batchTokens;
  const pairs: EncodedPair[] = [];
  const validationPairs: EncodedPair[] = [];
  let tokens = 0;
  let number = 0;
  for (const { messages, chosen, rejected } of await readJsonLines(
    join(parents.corpus!.folder, corpusFiles.pairs),
    lineSchemas.pair,
  )) {
    const pair = { chosen: side(messages, chosen), rejected: side(messages, rejected) };
    if (number++ % watched === 0) validationPairs.push(pair);
    else if (tokens < tokensWanted) {
      pairs.push(pair);
      tokens += pair.chosen.ids.length + pair.rejected.ids.length;
    }
  }
  const pack = { sequenceLength, batchSize: config.microBatchSize };
  let train = packPairs(pairs, { ...pack, seed: config.seed });
  let validation = packPairs(validationPairs, { ...pack, seed: 0 });
  const { device, threads } = plan.project.compute;
  const ask = async (source: PackedPairs, weights: typeof params) => {
    const executor = await createOrtExecutor({ device, threads });
    try {
      return await pairScores(executor, architecture, weights, source, {
        name: 'reference',
        signal: work.signal,
        onProgress,
      });
    } finally {
      await executor.close();
    }
  };
  const reference = await ask(validation, params);
  if (preferenceLosses[options.loss].reference) {
    train = train.withReference(await ask(train, params));
    validation = validation.withReference(reference);
  }
  const metrics = await trainInto(work, context, {
    name: 'preference',
    config,
    architecture,
    initial: params,
    batches: train,
    validation,
    objective: (source) => preferenceObjective(architecture, source as PackedPairs, options),
    stopTokenIds: [endOfTurn, endOfText].flatMap((token) => tokenizer.tokenToId(token) ?? []),
  });
  const { params: learned } = await loadModel(work.folder, 'decoder');
  const after = await ask(validation, learned);
  const judged = [...after].map(([pair, [chosen, rejected]]) => {
    const [before, other] = reference.get(pair)!;
    return { preferred: chosen - rejected > before - other, before: before > other, shift: chosen - before };
  });
  const share = (of: (pair: (typeof judged)[number]) => boolean) => judged.filter(of).length / judged.length;
  const { statistics } = train;
  const left = statistics.overlong + statistics.withoutAnswer + statistics.equal;
  return {
    metrics: {
      ...metrics,
      pairs: statistics.pairs,
      fill: statistics.fill,
      // The implicit reward is β times the log-ratio to the reference.
      rewardAccuracy: share(({ preferred }) => preferred),
      rewardPairs: judged.length,
      chosenShift: judged.reduce((sum, { shift }) => sum + shift, 0) / judged.length,
    },
    notes: [
      `Learned from ${statistics.pairs} pairs of answers (${options.loss}, beta ${options.beta}); ${judged.length} others were watched.`,
      ...(left > 0
        ? [
            `${statistics.overlong} pairs were left out as too long, ${statistics.withoutAnswer} as having no answer, ${statistics.equal} as equal.`,
          ]
        : []),
    ],
    device: device ?? 'cpu',
  };
};
