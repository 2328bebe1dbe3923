import { InvalidInput } from '../../base/core/index.js';
import type { GenerationRequest } from './request.js';
import { validateSampling } from './sampling.js';

/** Throws `InvalidInput` (code `model.token`) for ids outside the vocabulary. */
export function checkIds(operation: string, ids: readonly number[], vocabSize: number): void {
  const bad = ids.findIndex((id) => !(Number.isSafeInteger(id) && id >= 0 && id < vocabSize));
  if (bad >= 0) {
    throw new InvalidInput(
      'model.token',
      `${operation}: expected token ids from 0 to ${vocabSize - 1}, got ${ids[bad]} at ${bad}`,
      { index: bad, got: ids[bad] },
    );
  }
}

/** Throws `InvalidInput` (code `context_length_exceeded`) for more tokens than the context holds. */
export function checkLength(operation: string, got: number, most: number): void {
  if (got > most) {
    throw new InvalidInput(
      'context_length_exceeded',
      `${operation}: expected at most ${most} tokens, got ${got}; shorten the prompt or ask for fewer tokens`,
      { most, got },
    );
  }
}

/** Throws `InvalidInput` for a request that the engine cannot serve. */
export function checkRequest(request: GenerationRequest, vocabSize: number, contextLength: number): void {
  const { promptIds, maxTokens, sampling, stopTokenIds = [], logprobs = 0, promptLogprobs = 0 } = request;
  if (promptIds.length === 0) {
    throw new InvalidInput('prompt.empty', 'generate: expected at least one prompt token (such as bos), got none');
  }
  checkIds('generate', promptIds, vocabSize);
  checkIds('generate: stopTokenIds', stopTokenIds, vocabSize);
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) {
    throw new InvalidInput('sampling.range', `generate: expected maxTokens of 0 or more, got ${maxTokens}`);
  }
  checkLength('generate', promptIds.length + maxTokens, contextLength);
  for (const [name, count] of Object.entries({ logprobs, promptLogprobs })) {
    if (!Number.isSafeInteger(count) || count < 0 || count > vocabSize) {
      throw new InvalidInput('sampling.range', `generate: expected ${name} from 0 to ${vocabSize}, got ${count}`);
    }
  }
  if (sampling) validateSampling(sampling, vocabSize);
}
