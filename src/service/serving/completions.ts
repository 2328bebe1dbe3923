import { randomUUID } from 'node:crypto';
import type { GenerationResult, TextDelta, TokenLogprob } from '../../model/generation/index.js';
import { answer, type WireUsage } from './answer.js';
import { invalid } from './api-error.js';
import type { Exchange } from './exchange.js';
import { completionSchema, parseBody, parsePrompts, toSampling, toStops } from './request-schema.js';

interface WireLogprobs {
  readonly tokens: string[];
  readonly token_logprobs: Array<number | null>;
  readonly top_logprobs: Array<Record<string, number> | null>;
  readonly text_offset: number[];
}

/** The four parallel lists of the completions API. Offsets count code points from the beginning of the choice's text. */
function wireLogprobs(tokens: readonly TokenLogprob[]): WireLogprobs {
  return {
    tokens: tokens.map((token) => token.token),
    token_logprobs: tokens.map((token) => token.logprob),
    top_logprobs: tokens.map((token) => {
      if (token.logprob === null) return null;
      const top: Record<string, number> = {};
      // Two tokens may have the same text (a letter and its byte): the likelier one stands.
      for (const one of [...token.top, { token: token.token, logprob: token.logprob }]) {
        top[one.token] = Math.max(top[one.token] ?? Number.NEGATIVE_INFINITY, one.logprob);
      }
      return top;
    }),
    text_offset: tokens.map((token) => token.offset),
  };
}

/** `POST /v1/completions` */
export async function completions(exchange: Exchange): Promise<Response> {
  const { limits } = exchange.services;
  const body = parseBody(completionSchema(limits), await exchange.json());
  const model = exchange.model(body.model);
  const prompts = parsePrompts(body.prompt, limits);
  const choices = body.n ?? 1;
  if (prompts.length * choices > limits.maxPrompts) {
    throw invalid('n', `n: expected at most ${limits.maxPrompts} choices over all prompts`);
  }
  const maxTokens = body.max_tokens ?? 16;
  const logprobs = body.logprobs ?? undefined;
  const stop = toStops(body.stop);
  exchange.endUser(body.safety_identifier ?? body.user);
  exchange.event.parameters = {
    maxTokens,
    choices,
    prompts: prompts.length,
    stopStrings: stop.length,
    echo: body.echo ?? false,
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(body.seed == null ? {} : { seed: body.seed }),
    ...samplingFields(toSampling(body, 0)),
  };
  const id = `cmpl-${randomUUID().replaceAll('-', '')}`;
  const head = { id, object: 'text_completion', created: exchange.created, model: model.name };
  const jobs = prompts.flatMap((prompt) =>
    Array.from({ length: choices }, (_, choice) => {
      try {
        const generation = model.generate({
          prompt,
          maxTokens,
          sampling: toSampling(body, choice),
          stop,
          ...(body.stop_token_ids ? { stopTokenIds: body.stop_token_ids } : {}),
          ignoreEos: body.ignore_eos ?? false,
          echo: body.echo ?? false,
          ...(logprobs === undefined ? {} : { logprobs }),
          ...(body.add_special_tokens == null ? {} : { addSpecialTokens: body.add_special_tokens }),
          signal: exchange.abort.signal,
        });
        return { generation, maxTokens };
      } catch (error) {
        throw exchange.failure(error, 'prompt');
      }
    }),
  );
  const choice = (index: number, text: string, tokens: readonly TokenLogprob[], finishReason: string | null) => ({
    index,
    text,
    logprobs: logprobs === undefined ? null : wireLogprobs(tokens),
    finish_reason: finishReason,
  });
  return answer(
    exchange,
    model,
    jobs,
    {
      choices,
      stream: body.stream ?? false,
      includeUsage: body.stream_options?.include_usage ?? false,
      prompt: body.prompt,
    },
    {
      delta: (index: number, delta: TextDelta) => ({
        ...head,
        choices: [choice(index, delta.text, delta.tokens, null)],
      }),
      end: (index: number, result: GenerationResult) => ({
        ...head,
        choices: [choice(index, '', [], result.finishReason)],
      }),
      usage: (usage: WireUsage) => ({ ...head, choices: [], usage }),
      body: (results, usage) => ({
        ...head,
        choices: results.map((result, index) => choice(index, result.text, result.tokens, result.finishReason)),
        usage,
      }),
    },
  );
}

/** Sampling as the event log names it. */
export function samplingFields(sampling: ReturnType<typeof toSampling>): Record<string, number> {
  const { logitBias: _bias, seed: _seed, ...numbers } = sampling;
  return numbers as Record<string, number>;
}
