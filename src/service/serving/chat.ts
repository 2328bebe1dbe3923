import { randomUUID } from 'node:crypto';
import type { GenerationResult, TextDelta, TokenLogprob } from '../../model/generation/index.js';
import { answer, type WireUsage } from './answer.js';
import { invalid } from './api-error.js';
import { samplingFields } from './completions.js';
import type { Exchange } from './exchange.js';
import { chatSchema, parseBody, toMessages, toSampling, toStops } from './request-schema.js';

function wireLogprobs(tokens: readonly TokenLogprob[]) {
  return {
    content: tokens.map((token) => ({
      token: token.token,
      logprob: token.logprob,
      bytes: token.bytes,
      top_logprobs: token.top.map(({ token: text, logprob, bytes }) => ({ token: text, logprob, bytes })),
    })),
    refusal: null,
  };
}

/** `POST /v1/chat/completions` */
export async function chatCompletions(exchange: Exchange): Promise<Response> {
  const { limits } = exchange.services;
  const body = parseBody(chatSchema(limits), await exchange.json());
  const model = exchange.model(body.model);
  if (!model.chatTemplate) {
    throw invalid(
      'model',
      `The model ${JSON.stringify(model.name)} has no chat template; use /v1/completions, or tune it on chats first.`,
      'no_chat_template',
    );
  }
  if (body.top_logprobs != null && body.logprobs !== true) {
    throw invalid('top_logprobs', 'top_logprobs: expected logprobs to be true as well');
  }
  const choices = body.n ?? 1;
  const asked = body.max_completion_tokens ?? body.max_tokens ?? undefined;
  const logprobs = body.logprobs === true ? (body.top_logprobs ?? 0) : undefined;
  const stop = toStops(body.stop);
  exchange.endUser(body.safety_identifier ?? body.user);
  exchange.event.parameters = {
    ...(asked === undefined ? {} : { maxTokens: asked }),
    choices,
    stopStrings: stop.length,
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(body.seed == null ? {} : { seed: body.seed }),
    ...samplingFields(toSampling(body, 0)),
  };
  const messages = toMessages(body.messages);
  const jobs = Array.from({ length: choices }, (_, index) => {
    try {
      const generation = model.chat({
        messages,
        ...(asked === undefined ? {} : { maxTokens: asked }),
        sampling: toSampling(body, index),
        stop,
        ...(body.stop_token_ids ? { stopTokenIds: body.stop_token_ids } : {}),
        ignoreEos: body.ignore_eos ?? false,
        ...(logprobs === undefined ? {} : { logprobs }),
        ...(body.chat_template_kwargs ? { templateVariables: body.chat_template_kwargs } : {}),
        signal: exchange.abort.signal,
      });
      return { generation, maxTokens: asked ?? model.contextLength - generation.promptTokenIds.length };
    } catch (error) {
      throw exchange.failure(error, 'messages');
    }
  });

  const id = `chatcmpl-${randomUUID().replaceAll('-', '')}`;
  const base = { id, created: exchange.created, model: model.name };
  const chunk = (index: number, delta: object, tokens: readonly TokenLogprob[], finishReason: string | null) => ({
    ...base,
    object: 'chat.completion.chunk',
    choices: [
      { index, delta, logprobs: logprobs === undefined ? null : wireLogprobs(tokens), finish_reason: finishReason },
    ],
  });
  return answer(
    exchange,
    model,
    jobs,
    {
      choices,
      stream: body.stream ?? false,
      includeUsage: body.stream_options?.include_usage ?? false,
      prompt: messages,
    },
    {
      begin: (index: number) => chunk(index, { role: 'assistant', content: '' }, [], null),
      delta: (index: number, delta: TextDelta) => chunk(index, { content: delta.text }, delta.tokens, null),
      end: (index: number, result: GenerationResult) => chunk(index, {}, [], result.finishReason),
      usage: (usage: WireUsage) => ({ ...base, object: 'chat.completion.chunk', choices: [], usage }),
      body: (results, usage) => ({
        ...base,
        object: 'chat.completion',
        choices: results.map((result, index) => ({
          index,
          message: { role: 'assistant', content: result.text, refusal: null },
          logprobs: logprobs === undefined ? null : wireLogprobs(result.tokens),
          finish_reason: result.finishReason,
        })),
        usage,
      }),
    },
  );
}
