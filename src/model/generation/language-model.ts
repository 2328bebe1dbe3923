import type { Message } from '../../base/contract/index.js';
import { InvalidInput } from '../../base/core/index.js';
import type { EngineStats, TextTokenizer, TokenEngine } from './engine.js';
import { Generation, generateText } from './generation.js';
import type { ChatRequest, GenerateRequest, Prompt } from './request.js';
import { TokenTexts } from './token-text.js';

/** The model folder's own rule for writing a chat as text. */
export interface ChatTemplate {
  /** The Jinja source, as in `tokenizer_config.json`. */
  readonly source: string;
  render(messages: readonly Message[], options: ChatTemplateOptions): string;
  /** The chat in ids. What messages say stays text: a special token spelled out in one ends no turn. */
  encode(messages: readonly Message[], options: ChatTemplateOptions): readonly number[];
}

export interface ChatTemplateOptions {
  readonly addGenerationPrompt: boolean;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Log-likelihood of one text. */
export interface TextScore {
  readonly tokenIds: readonly number[];
  /** Entry t is log p(token t + 1 | tokens 0 … t), in nats: one entry less than there are tokens. */
  readonly logprobs: Float32Array;
  /** Number of predicted tokens: all but the first. */
  readonly tokens: number;
  /** Sum of -logprob over the predicted tokens, in nats. */
  readonly nll: number;
}

/** Text in, text out. What servers and terminals talk to; a simulated model implements it too. */
export interface TextModel {
  readonly name: string;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly bosToken: string | undefined;
  readonly eosToken: string | undefined;
  readonly chatTemplate: ChatTemplate | undefined;
  tokenize(text: string, options?: { addSpecialTokens?: boolean }): number[];
  detokenize(ids: readonly number[], options?: { skipSpecialTokens?: boolean }): string;
  tokenString(id: number): string;
  /** The prompt of a chat, in ids. */
  chatIds(messages: readonly Message[], variables?: Readonly<Record<string, unknown>>): number[];
  generate(request: GenerateRequest): Generation;
  chat(request: ChatRequest): Generation;
  score(texts: readonly Prompt[], options?: { addSpecialTokens?: boolean }): Promise<TextScore[]>;
  stats(): EngineStats;
  close(): Promise<void>;
}

export interface LanguageModelParts {
  readonly name: string;
  readonly tokenizer: TextTokenizer;
  readonly engine: TokenEngine;
  readonly bosTokenId?: number;
  /** Tokens that end a text, as in `generation_config.json`. */
  readonly eosTokenIds?: readonly number[];
  readonly chatTemplate?: ChatTemplate;
  readonly parameterCount?: number;
  /** The model reads the prompt and writes another text, instead of going on with it: each has a context of its own. */
  readonly rewrites?: boolean;
  /** Ends the engine and what it stands on; default: `engine.close()`. */
  readonly close?: () => Promise<void>;
}

/** A tokenizer, an engine and the folder's conventions, joined. */
export class LanguageModel implements TextModel {
  readonly name: string;
  readonly tokenizer: TextTokenizer;
  readonly engine: TokenEngine;
  readonly chatTemplate: ChatTemplate | undefined;
  readonly bosTokenId: number | undefined;
  readonly eosTokenIds: readonly number[];
  readonly parameterCount: number | undefined;
  readonly #texts: TokenTexts;
  readonly #rewrites: boolean;
  readonly #close: () => Promise<void>;
  #endOfTurn: number | null | undefined;
  #longestToken = 0;

  constructor(parts: LanguageModelParts) {
    this.name = parts.name;
    this.tokenizer = parts.tokenizer;
    this.engine = parts.engine;
    this.chatTemplate = parts.chatTemplate;
    this.bosTokenId = parts.bosTokenId;
    this.eosTokenIds = parts.eosTokenIds ?? [];
    this.parameterCount = parts.parameterCount;
    this.#rewrites = parts.rewrites ?? false;
    this.#close = parts.close ?? (() => parts.engine.close());
    this.#texts = new TokenTexts(parts.tokenizer);
  }

  get vocabSize(): number {
    return this.tokenizer.vocabSize;
  }

  get contextLength(): number {
    return this.engine.contextLength;
  }

  get bosToken(): string | undefined {
    return this.bosTokenId === undefined ? undefined : this.tokenizer.idToToken(this.bosTokenId);
  }

  get eosToken(): string | undefined {
    const [id] = this.eosTokenIds;
    return id === undefined ? undefined : this.tokenizer.idToToken(id);
  }

  tokenize(text: string, options: { addSpecialTokens?: boolean } = {}): number[] {
    return Array.from(this.tokenizer.encode(text, options));
  }

  detokenize(ids: readonly number[], options: { skipSpecialTokens?: boolean } = {}): string {
    return this.tokenizer.decode(this.#checked(ids), options);
  }

  tokenString(id: number): string {
    return this.tokenizer.idToToken(id) ?? '';
  }

  /** Writes on after a prompt. Throws `InvalidInput` before anything runs when the request cannot be served. */
  generate(request: GenerateRequest): Generation {
    const { prompt, ...rest } = request;
    const isText = typeof prompt === 'string';
    const addSpecialTokens = request.addSpecialTokens ?? isText;
    let promptOffsets: ReadonlyArray<readonly [number, number]> | undefined;
    let ids: readonly number[];
    if (isText) this.#refuseHopeless(prompt.length);
    if (isText && request.echo && request.logprobs !== undefined) {
      const encoding = this.tokenizer.encodeWithOffsets(prompt, { addSpecialTokens });
      ids = encoding.ids;
      promptOffsets = encoding.offsets;
    } else {
      ids = isText ? this.tokenize(prompt, { addSpecialTokens }) : this.#checked(prompt);
    }
    return this.#start(ids, rest, {
      ...(isText ? { text: prompt } : {}),
      ...(promptOffsets ? { promptOffsets } : {}),
    });
  }

  /** Answers a chat with the folder's template, up to the end of the assistant's turn. */
  chat(request: ChatRequest): Generation {
    const { messages, templateVariables, ...rest } = request;
    this.#refuseHopeless(messages.reduce((sum, message) => sum + message.content.length, 0));
    const endOfTurn = this.#endOfTurnId();
    const stopTokenIds = [...(rest.stopTokenIds ?? []), ...(endOfTurn === undefined ? [] : [endOfTurn])];
    return this.#start(this.chatIds(messages, templateVariables), { ...rest, stopTokenIds }, { freshText: true });
  }

  chatIds(messages: readonly Message[], variables?: Readonly<Record<string, unknown>>): number[] {
    return [...this.#template().encode(messages, { addGenerationPrompt: true, ...(variables ? { variables } : {}) })];
  }

  /** Log-likelihood of each text, each within one context. */
  async score(
    texts: readonly Prompt[],
    { addSpecialTokens = true }: { addSpecialTokens?: boolean } = {},
  ): Promise<TextScore[]> {
    const sequences = texts.map((text) =>
      typeof text === 'string' ? this.tokenize(text, { addSpecialTokens }) : [...this.#checked(text)],
    );
    for (const ids of sequences) {
      if (ids.length > this.contextLength) throw this.#tooLong('score', ids.length, 0);
    }
    const usable = sequences.filter((ids) => ids.length > 1);
    const scores = usable.length > 0 ? await this.engine.score(usable) : [];
    let next = 0;
    return sequences.map((ids) => {
      const logprobs = ids.length > 1 ? scores[next++]!.logprobs : new Float32Array(0);
      let nll = 0;
      for (const logprob of logprobs) nll -= logprob;
      return { tokenIds: ids, logprobs, tokens: logprobs.length, nll };
    });
  }

  stats(): EngineStats {
    return this.engine.stats();
  }

  close(): Promise<void> {
    return this.#close();
  }

  #start(
    given: readonly number[],
    request: Omit<GenerateRequest, 'prompt'>,
    options: {
      text?: string;
      promptOffsets?: ReadonlyArray<readonly [number, number]>;
      /** The answer begins a text of its own instead of going on with the prompt's. */
      freshText?: boolean;
    },
  ): Generation {
    const { text, promptOffsets } = options;
    const ids = given.length > 0 ? given : this.#emptyPrompt();
    if (this.#rewrites && request.echo) {
      throw new InvalidInput(
        'generation.echo',
        `generate: expected no echo from ${this.name}: it writes another text instead of going on with the prompt`,
      );
    }
    if (this.#rewrites && ids.length > this.contextLength) throw this.#tooLong('generate', ids.length, 0);
    const room = this.contextLength - (this.#rewrites ? 0 : ids.length);
    const maxTokens = request.maxTokens ?? Math.max(0, room);
    if (room < 0 || maxTokens > room || (room === 0 && request.maxTokens === undefined)) {
      throw this.#tooLong('generate', ids.length, request.maxTokens ?? 1);
    }
    const stopTokenIds = new Set([...(request.ignoreEos ? [] : this.eosTokenIds), ...(request.stopTokenIds ?? [])]);
    const progress = { completionTokens: 0 };
    const source = generateText({
      engine: this.engine,
      tokenizer: this.tokenizer,
      texts: this.#texts,
      promptIds: ids,
      ...(promptOffsets && given.length > 0 ? { promptOffsets } : {}),
      echoText: request.echo ? (text ?? this.tokenizer.decode(ids)) : '',
      contextIds: options.freshText || this.#rewrites ? [] : ids.slice(-6),
      maxTokens,
      stopTokenIds,
      request,
      progress,
    });
    return new Generation(ids, source, progress);
  }

  #emptyPrompt(): readonly number[] {
    const start = this.bosTokenId ?? this.eosTokenIds[0];
    if (start === undefined) {
      throw new InvalidInput(
        'generation.empty',
        'generate: expected a prompt of at least one token, got none (this model has no beginning-of-text token)',
      );
    }
    return [start];
  }

  #checked(ids: readonly number[]): readonly number[] {
    for (const id of ids) {
      if (!Number.isInteger(id) || id < 0 || id >= this.vocabSize) {
        throw new InvalidInput(
          'generation.token',
          `token ids: expected integers from 0 to ${this.vocabSize - 1}, got ${id}`,
          { tokenId: id, vocabSize: this.vocabSize },
        );
      }
    }
    return ids;
  }

  /**
   * Refuses a text that cannot fit however it is tokenized, before time is spent on it: the context holds so many
   * tokens, and none is longer than the longest. Four times that leaves room for normalizers that shorten a text.
   */
  #refuseHopeless(length: number): void {
    if (this.#longestToken === 0) {
      for (let id = 0; id < this.vocabSize; id++) {
        this.#longestToken = Math.max(this.#longestToken, this.tokenizer.idToToken(id)?.length ?? 0);
      }
    }
    const least = Math.floor(length / Math.max(1, this.#longestToken));
    if (least > 4 * this.contextLength) throw this.#tooLong('generate', least, 0);
  }

  #tooLong(operation: string, promptTokens: number, maxTokens: number): InvalidInput {
    const { contextLength } = this;
    return new InvalidInput(
      'context_length_exceeded',
      `${operation}: expected at most ${contextLength} tokens (the model's context), got ${promptTokens + maxTokens} ` +
        `(${promptTokens} in the prompt, ${maxTokens} to write); shorten the prompt or ask for fewer tokens`,
      { contextLength, promptTokens, maxTokens },
    );
  }

  #template(): ChatTemplate {
    if (!this.chatTemplate) {
      throw new InvalidInput(
        'generation.no_chat_template',
        `chat: expected a model with a chat template, got ${this.name}, which has none; complete a plain prompt instead`,
      );
    }
    return this.chatTemplate;
  }

  /** The special token with which the template ends an assistant's turn; it need not be the model's end of text. */
  #endOfTurnId(): number | undefined {
    if (this.#endOfTurn === undefined) {
      const marker = 'qpxz';
      const messages: Message[] = [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: marker },
      ];
      const text = this.#template().render(messages, { addGenerationPrompt: false });
      const rest = text.slice(text.lastIndexOf(marker) + marker.length).trimStart();
      const [id] = rest === '' ? [] : this.tokenize(rest, { addSpecialTokens: false });
      // A special token stands for itself: skipping special tokens leaves nothing of it.
      const special = id !== undefined && this.tokenizer.decode([id], { skipSpecialTokens: true }) === '';
      this.#endOfTurn = special ? id : null;
    }
    return this.#endOfTurn ?? undefined;
  }
}
