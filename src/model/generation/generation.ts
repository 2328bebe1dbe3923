import type { FinishReason } from '../../base/contract/index.js';
import type { SequenceScore, TextTokenizer, TokenEngine, TokenStep, TokenStreamEnd } from './engine.js';
import type { GenerateRequest, GenerationResult, TextDelta, TokenLogprob } from './request.js';
import { StopMatcher } from './stop.js';
import { codePoints, type TokenTexts } from './token-text.js';

/** An answer in the making: iterate for its pieces, or `complete()` for the whole. It starts when one of them is called. */
export class Generation implements AsyncIterable<TextDelta> {
  readonly promptTokenIds: readonly number[];
  /** The whole answer, once the last piece has been taken. */
  readonly finished: Promise<GenerationResult>;
  readonly #source: AsyncGenerator<TextDelta, GenerationResult>;
  readonly #progress: GenerationProgress;
  #settle!: { resolve(result: GenerationResult): void; reject(error: unknown): void };

  constructor(
    promptTokenIds: readonly number[],
    source: AsyncGenerator<TextDelta, GenerationResult>,
    progress: GenerationProgress,
  ) {
    this.promptTokenIds = promptTokenIds;
    this.#source = source;
    this.#progress = progress;
    this.finished = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever iterates sees the error there.
    this.finished.catch(() => undefined);
  }

  /** Tokens written so far: what a cancelled answer has cost. */
  get completionTokens(): number {
    return this.#progress.completionTokens;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TextDelta, GenerationResult> {
    let ended = false;
    try {
      for (;;) {
        const next = await this.#source.next();
        if (next.done) {
          ended = true;
          this.#settle.resolve(next.value);
          return next.value;
        }
        yield next.value;
      }
    } catch (error) {
      ended = true;
      this.#settle.reject(error);
      throw error;
    } finally {
      // The reader left in the middle: let the engine have its slot back.
      if (!ended) await this.#source.return(undefined as never);
    }
  }

  /** Runs to the end. */
  async complete(): Promise<GenerationResult> {
    const pieces = this[Symbol.asyncIterator]();
    for (;;) {
      const next = await pieces.next();
      if (next.done) return next.value;
    }
  }
}

/** Counted while an answer is written. */
export interface GenerationProgress {
  completionTokens: number;
}

interface Pending {
  readonly logprob: TokenLogprob;
  /** Length of the decoded text before and after the token, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

export interface GenerationContext {
  readonly engine: TokenEngine;
  readonly tokenizer: TextTokenizer;
  readonly texts: TokenTexts;
  readonly promptIds: readonly number[];
  /** Offsets of the prompt's tokens in `echoText`, in code points. */
  readonly promptOffsets?: ReadonlyArray<readonly [number, number]>;
  readonly echoText: string;
  /** Ids before the answer that its text follows directly: some decoders treat the first token of a text differently. */
  readonly contextIds: readonly number[];
  readonly maxTokens: number;
  readonly stopTokenIds: ReadonlySet<number>;
  readonly request: Omit<GenerateRequest, 'prompt'>;
  readonly progress: GenerationProgress;
}

function describe(
  texts: TokenTexts,
  tokenId: number,
  logprob: number | null,
  top: TokenStep['top'],
  offset: number,
): TokenLogprob {
  return {
    tokenId,
    ...texts.get(tokenId),
    logprob,
    // One value for one token, to the last bit: clients compare them to see whether the choice was the likeliest.
    top: top.map(([id, value]) => ({
      tokenId: id,
      ...texts.get(id),
      logprob: id === tokenId ? (logprob ?? value) : value,
    })),
    offset,
  };
}

type PromptTokens = NonNullable<TokenStreamEnd['promptTokens']>;

async function scorePrompt({ engine, promptIds, request }: GenerationContext, count: number): Promise<PromptTokens> {
  const first = { logprob: null, top: [] };
  if (promptIds.length < 2) return [first];
  const options = { top: count, ...(request.signal ? { signal: request.signal } : {}) };
  const [score] = (await engine.score([promptIds], options)) as [SequenceScore];
  return [first, ...Array.from(score.logprobs, (logprob, index) => ({ logprob, top: score.top?.[index] ?? [] }))];
}

/** Log-probabilities of an echoed prompt, with their places in its text. */
function describePrompt(context: GenerationContext, promptTokens: PromptTokens): TokenLogprob[] {
  const decoder = context.tokenizer.decoder();
  let decoded = 0;
  return promptTokens.map(({ logprob, top }, index) => {
    const id = context.promptIds[index] as number;
    const offset = context.promptOffsets?.[index]?.[0] ?? decoded;
    decoded += codePoints(decoder.push(id));
    return describe(context.texts, id, logprob, top, offset);
  });
}

/** Turns the engine's tokens into pieces of text. */
export async function* generateText(context: GenerationContext): AsyncGenerator<TextDelta, GenerationResult> {
  const { engine, tokenizer, texts, promptIds, maxTokens, stopTokenIds, request, progress } = context;
  const wanted = request.logprobs;
  const tokens: TokenLogprob[] = [];
  let text = '';
  const echo = (promptTokens: PromptTokens | undefined): TextDelta => {
    if (promptTokens) tokens.push(...describePrompt(context, promptTokens));
    text = context.echoText;
    return { text, tokens: [...tokens] };
  };
  // For a single token the engine may as well score the prompt while it reads it, once instead of twice.
  const once = request.echo === true && wanted !== undefined && maxTokens === 1;
  if (request.echo && !once) yield echo(wanted === undefined ? undefined : await scorePrompt(context, wanted));
  const tokenIds: number[] = [];
  const result = (finishReason: FinishReason, completionTokens: number, stop?: string): GenerationResult => ({
    text,
    promptTokenIds: promptIds,
    tokenIds,
    tokens,
    finishReason,
    ...(stop === undefined ? {} : { stop }),
    usage: { promptTokens: promptIds.length, completionTokens },
  });
  if (maxTokens === 0) return result('length', 0);

  const echoed = request.echo ? context.echoText.length : 0;
  const matcher = new StopMatcher(request.stop ?? []);
  const decoder = tokenizer.decoder();
  for (const id of context.contextIds) decoder.push(id);
  const cancel = new AbortController();
  const onAbort = () => cancel.abort(request.signal?.reason);
  if (request.signal?.aborted) onAbort();
  else request.signal?.addEventListener('abort', onAbort, { once: true });
  const pending: Pending[] = [];
  let decoded = 0;
  let points = request.echo ? codePoints(context.echoText) : 0;
  let sawStopToken = false;

  /** Tokens whose text is out by now (all of those that began before the end, once the answer is cut). */
  const take = (cut: boolean): TokenLogprob[] => {
    const out = text.length - echoed;
    const ready: TokenLogprob[] = [];
    while (pending.length > 0 && (cut ? pending[0]!.start < out : pending[0]!.end <= out)) {
      ready.push(pending.shift()!.logprob);
    }
    tokens.push(...ready);
    return ready;
  };

  try {
    const stream = engine.submit({
      promptIds,
      maxTokens,
      sampling: request.sampling ?? {},
      stopTokenIds: [...stopTokenIds],
      signal: cancel.signal,
      ...(wanted === undefined ? {} : { logprobs: wanted }),
      ...(once ? { promptLogprobs: wanted } : {}),
    });
    // Awaited below on the way out; on the early exits nobody does.
    stream.finished.catch(() => undefined);
    if (once) yield echo((await stream.finished).promptTokens);
    for await (const step of stream) {
      progress.completionTokens++;
      if (stopTokenIds.has(step.tokenId)) {
        sawStopToken = true;
        break;
      }
      tokenIds.push(step.tokenId);
      const piece = decoder.push(step.tokenId);
      if (wanted !== undefined) {
        const logprob = describe(texts, step.tokenId, step.logprob, step.top.slice(0, wanted), points);
        // A token that ends inside a character waits for the token that completes it.
        pending.push({ logprob, start: decoded, end: decoded + Math.max(1, piece.length) });
      }
      decoded += piece.length;
      points += codePoints(piece);
      const shown = matcher.push(piece);
      text += shown;
      if (matcher.matched !== undefined) {
        const ready = take(true);
        if (shown !== '' || ready.length > 0) yield { text: shown, tokens: ready };
        return result('stop', progress.completionTokens, matcher.matched);
      }
      const ready = take(false);
      if (shown !== '' || ready.length > 0) yield { text: shown, tokens: ready };
    }
    const end = sawStopToken ? undefined : await stream.finished;
    const last = matcher.push(decoder.end());
    const tail = last + (matcher.matched === undefined ? matcher.end() : '');
    text += tail;
    const cut = matcher.matched !== undefined;
    const ready = take(cut);
    if (!cut) {
      const rest = pending.splice(0).map((entry) => entry.logprob);
      tokens.push(...rest);
      ready.push(...rest);
    }
    if (tail !== '' || ready.length > 0) yield { text: tail, tokens: ready };
    const reason = cut || sawStopToken ? 'stop' : (end?.finishReason ?? 'length');
    return result(reason, Math.max(progress.completionTokens, end?.usage.completionTokens ?? 0), matcher.matched);
  } finally {
    request.signal?.removeEventListener('abort', onAbort);
    // Harmless after the end; otherwise it frees the slot at once.
    cancel.abort();
  }
}
