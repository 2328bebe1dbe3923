import type { Generation, GenerationResult, TextDelta, TextModel } from '../../model/generation/index.js';
import { ApiError } from './api-error.js';
import type { Exchange } from './exchange.js';
import { merge, sseResponse } from './sse.js';

export interface Job {
  readonly generation: Generation;
  /** Most tokens this one may write. */
  readonly maxTokens: number;
}

export interface AnswerShape<Chunk extends object, Body extends object> {
  /** Chunks before the first token of a choice (the role of a chat). */
  begin?(index: number): Chunk | undefined;
  delta(index: number, delta: TextDelta): Chunk;
  end(index: number, result: GenerationResult): Chunk;
  /** The chunk with empty choices that `include_usage` asks for. */
  usage(usage: WireUsage): Chunk;
  body(results: readonly GenerationResult[], usage: WireUsage): Body;
}

export interface WireUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Usage of a request: a prompt counts once however many choices it has. */
function usageOf(results: readonly (GenerationResult | undefined)[], promptTokens: number): WireUsage {
  const completionTokens = results.reduce((sum, result) => sum + (result?.usage.completionTokens ?? 0), 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}

/** A client that is still there must not take an answer for whole that the shutdown has cut. */
function refuseIfCut(exchange: Exchange): void {
  if (!exchange.services.admission.shutdownSignal.aborted) return;
  throw new ApiError(503, 'overloaded_error', 'The server shut down before the answer was complete.', {
    code: 'shutting_down',
    retryAfter: 5,
  });
}

/** Runs the choices of one request at once and answers with a stream or a body. */
export async function answer<Chunk extends object, Body extends object>(
  exchange: Exchange,
  model: TextModel,
  jobs: readonly Job[],
  options: { choices: number; stream: boolean; includeUsage: boolean; prompt: unknown },
  shape: AnswerShape<Chunk, Body>,
): Promise<Response> {
  const { admission, admit } = exchange.services;
  const promptTokens = jobs
    .filter((_, index) => index % options.choices === 0)
    .reduce((sum, job) => sum + job.generation.promptTokenIds.length, 0);
  exchange.event.promptTokens = promptTokens;
  exchange.event.stream = options.stream;
  await admit?.({
    caller: exchange.caller,
    route: exchange.event.route ?? '',
    model: model.name,
    promptTokens,
    maxCompletionTokens: jobs.reduce((sum, job) => sum + job.maxTokens, 0),
  });
  exchange.onClose(admission.enterSequences(jobs.length));

  const results: Array<GenerationResult | undefined> = jobs.map(() => undefined);
  const settle = () => {
    exchange.event.completionTokens = jobs.reduce((sum, job) => sum + job.generation.completionTokens, 0);
    exchange.event.finishReasons = results.map((result) => result?.finishReason ?? 'cancelled');
    if (exchange.services.logContent) {
      exchange.event.content = { prompt: options.prompt, answers: results.map((result) => result?.text ?? '') };
    }
  };

  if (!options.stream) {
    try {
      await Promise.all(
        jobs.map(async ({ generation }, index) => {
          for await (const _ of generation) exchange.firstToken();
          results[index] = await generation.finished;
        }),
      );
    } catch (error) {
      // One choice failed: the others would answer nobody.
      exchange.abort.abort();
      throw error;
    } finally {
      settle();
    }
    refuseIfCut(exchange);
    const usage = usageOf(results, promptTokens);
    return exchange.c.json(shape.body(results as GenerationResult[], usage));
  }

  exchange.streaming = true;
  async function* events(): AsyncGenerator<object, void> {
    try {
      for (let index = 0; index < jobs.length; index++) {
        const first = shape.begin?.(index);
        if (first) yield first;
      }
      const sources = jobs.map(({ generation }, index) =>
        (async function* choice(): AsyncGenerator<Chunk> {
          for await (const delta of generation) {
            exchange.firstToken();
            yield shape.delta(index, delta);
          }
          results[index] = await generation.finished;
          yield shape.end(index, results[index]);
        })(),
      );
      const [only] = sources;
      if (only && sources.length === 1) yield* only;
      else for await (const [, chunk] of merge(sources)) yield chunk;
      refuseIfCut(exchange);
      if (options.includeUsage) yield shape.usage(usageOf(results, promptTokens));
    } catch (error) {
      exchange.abort.abort();
      const failure = exchange.failure(error);
      exchange.event.error = { type: failure.type, code: failure.code };
      yield failure.body();
    }
  }
  return sseResponse(events(), {
    ...(exchange.services.heartbeat === undefined ? {} : { heartbeat: exchange.services.heartbeat }),
    onEnd: (gone) => {
      if (gone) {
        exchange.abort.abort();
        exchange.event.cancelled = true;
      }
      settle();
      exchange.close(200);
    },
  });
}
