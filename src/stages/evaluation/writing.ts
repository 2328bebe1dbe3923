import type { Message } from '../../base/contract/index.js';
import type { LanguageModel } from '../../model/generation/index.js';
import { openTurn, type EncodingModel } from './encoding.js';
import type { Scorer } from './scorer.js';
import type { EvaluationConfig } from './section.js';

/** A text to write: an answer to a chat, or what follows a prompt. */
export interface SampleRequest {
  readonly prompt?: string;
  readonly messages?: readonly Message[];
}

export interface WritingOptions {
  readonly config: Pick<EvaluationConfig, 'sampleTokens' | 'temperature' | 'repetitionPenalty' | 'seed'>;
  readonly signal?: AbortSignal;
  readonly onWritten?: (done: number, total: number) => void;
}

/** What of a language model writes; a `LanguageModel` is one. */
export type WritingModel = EncodingModel &
  Pick<LanguageModel, 'generate' | 'chat'> & { readonly engine: Pick<Scorer, 'contextLength'> };

/** Requests in flight at once; the engine takes as many of them into its batch as it has slots. */
const concurrency = 32;

/** Lets a model write the texts, several at a time; results stand in the order of the requests. */
export async function writeTexts(
  model: WritingModel,
  requests: readonly SampleRequest[],
  { config, signal, onWritten }: WritingOptions,
): Promise<string[]> {
  const texts = requests.map(() => '');
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < requests.length) {
      const index = next++;
      const { messages, prompt = '' } = requests[index]!;
      signal?.throwIfAborted();
      const { asked, begun } = openTurn(messages ?? []);
      // An answer that is begun goes on as a text; the model's stop tokens end it as they end a chat.
      const all =
        messages === undefined
          ? Array.from(model.tokenizer.encode(prompt, { addSpecialTokens: true }))
          : [
              ...model.chatIds(asked),
              ...Array.from(model.tokenizer.encode(begun.trimEnd(), { addSpecialTokens: false })),
            ];
      // A text's opening may be longer than a short context: it goes on from what fits.
      const ids = messages === undefined ? all.slice(0, Math.max(1, model.engine.contextLength - 1)) : all;
      const rest = {
        maxTokens: Math.min(config.sampleTokens, Math.max(1, model.engine.contextLength - ids.length)),
        // A seed per request: with a shared one, every text would draw the same numbers.
        sampling: {
          temperature: config.temperature,
          repetitionPenalty: config.repetitionPenalty,
          seed: config.seed + index,
        },
        ...(signal ? { signal } : {}),
      };
      const generation =
        messages === undefined
          ? model.generate({ prompt: ids.length < all.length ? ids : prompt, ...rest })
          : begun === ''
            ? model.chat({ messages, ...rest })
            : model.generate({ prompt: ids, ...rest });
      texts[index] = (await generation.complete()).text.trim();
      onWritten?.(++done, requests.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, requests.length) }, work));
  return texts;
}
