import { Template } from '@huggingface/jinja';
import type { Message } from '../../base/contract/index.js';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import { countCodePoints } from './bytes.js';
import type { Tokenizer } from './tokenizer.js';

/** Special tokens of the default template: a turn begins with the first and ends with the second. */
export const chatTokens = ['<|im_start|>', '<|im_end|>'] as const;

/** Turns in the form of ChatML; `{% generation %}` marks what the assistant writes, its end of turn included. */
export const defaultChatTemplate = [
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}",
  "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}",
  "{% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\\n' }}{% endfor %}",
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
].join('');

export interface ChatOptions {
  /** Open an assistant's turn at the end. Default false. */
  readonly addGenerationPrompt?: boolean;
  /** Further variables that the template may use (`tools`, `enable_thinking`, …). */
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface SpecialTokenNames {
  readonly bosToken?: string;
  readonly eosToken?: string;
}

/** A chat in ids; `assistantMask[i]` is 1 where the assistant writes token i. */
export interface EncodedChatTokens {
  readonly ids: number[];
  readonly assistantMask: Uint8Array;
}

const longestTemplate = 1_000_000;
const longestRange = 100_000;
// Noncharacters: no text means anything by them, so they can carry marks through a template.
const firstMark = 0xfdd0;
const marksInAll = 32;

/** A chat template as in tokenizer_config.json (Jinja), bound to its model's special tokens. */
export class ChatTemplate {
  readonly source: string;
  readonly #names: SpecialTokenNames;
  readonly #template: Template;
  #tagged?: { readonly key: string; readonly template: Template };

  /** Errors: `InvalidInput` where the source is not a template. */
  constructor(source: string, names: SpecialTokenNames = {}) {
    this.source = source;
    this.#names = names;
    this.#template = parse(source);
  }

  /** The chat as text. Errors: `InvalidInput` with the template's own words where it refuses the messages. */
  render(messages: readonly Message[], options: ChatOptions = {}): string {
    return this.#run(this.#template, messages, options);
  }

  #run(template: Template, messages: readonly Message[], options: ChatOptions): string {
    const { bosToken, eosToken } = this.#names;
    const range = (from: number, to?: number, step = 1) => {
      const [low, high] = to === undefined ? [0, from] : [from, to];
      const length = Math.max(0, Math.ceil((high - low) / step));
      if (!(length <= longestRange)) throw new Error(`range of more than ${longestRange}`);
      return Array.from({ length }, (_, i) => low + i * step);
    };
    try {
      return template.render({
        messages,
        add_generation_prompt: options.addGenerationPrompt ?? false,
        bos_token: bosToken ?? '',
        eos_token: eosToken ?? '',
        ...options.variables,
        bounded_range: range,
      });
    } catch (error) {
      throw new InvalidInput('chat.render', `chat template: ${messageOf(error)}`, {}, error);
    }
  }

  /**
   * The chat as ids, and which of them the assistant writes. A special token spelled out in a message stays plain text,
   * so nobody can end a turn from within. Where the template has no `{% generation %}`, an answer is what a turn adds to
   * the prompt before it. Errors: `InvalidInput` where neither tells.
   */
  encode(tokenizer: Tokenizer, messages: readonly Message[], options: ChatOptions = {}): EncodedChatTokens {
    const [open, close, guard] = freeMarks([this.source, JSON.stringify([messages, options.variables ?? {}])]);
    const guarded = messages.map((message) => guardMessage(message, tokenizer, guard));
    const tagged = hasGeneration(this.source);
    const template = tagged ? this.#marked(open, close) : this.#template;
    const marked = this.#run(template, guarded, options);
    const { text, ranges, plainAt } = readMarks(marked, open, close, guard);
    const answers = tagged ? ranges : this.#answers(guarded, options, guard, text);
    const { ids, offsets } = tokenizer.encodeWithOffsets(text, { addSpecialTokens: false, plainAt });
    const assistantMask = new Uint8Array(ids.length);
    let token = 0;
    for (const [from, to] of answers.map((range) => range.map((at) => countCodePoints(text, 0, at)))) {
      while (token < ids.length && offsets[token][1] <= from) token++;
      for (let i = token; i < ids.length && offsets[i][0] < to; i++) assistantMask[i] = 1;
    }
    return { ids, assistantMask };
  }

  /**
   * The ids alone, special tokens guarded as in `encode`: a prompt needs no mask, and its template need not tell who
   * writes what (some drop from earlier turns what they wrote there).
   */
  encodePrompt(tokenizer: Tokenizer, messages: readonly Message[], options: ChatOptions = {}): number[] {
    const [open, close, guard] = freeMarks([this.source, JSON.stringify([messages, options.variables ?? {}])]);
    const guarded = messages.map((message) => guardMessage(message, tokenizer, guard));
    const { text, plainAt } = readMarks(this.#run(this.#template, guarded, options), open, close, guard);
    return tokenizer.encodeWithOffsets(text, { addSpecialTokens: false, plainAt }).ids;
  }

  /** The template with marks around answers; nearly every chat takes the same marks, so it is parsed once. */
  #marked(open: string, close: string): Template {
    const key = open + close;
    if (this.#tagged?.key !== key) {
      this.#tagged = { key, template: parse(markGeneration(this.source, open, close)) };
    }
    return this.#tagged.template;
  }

  #answers(messages: readonly Message[], options: ChatOptions, guard: string, whole: string): [number, number][] {
    const ranges: [number, number][] = [];
    const textOf = (count: number, addGenerationPrompt: boolean) =>
      this.#run(this.#template, messages.slice(0, count), { ...options, addGenerationPrompt }).replaceAll(guard, '');
    for (const [i, message] of messages.entries()) {
      if (message.role !== 'assistant') continue;
      const before = textOf(i, true);
      const after = textOf(i + 1, false);
      if (!after.startsWith(before) || !whole.startsWith(after)) {
        throw new InvalidInput(
          'chat.mask',
          `chat template: expected each turn to add to the text before it, got another beginning at message ${i + 1}; mark answers with {% generation %} in the template`,
          { message: i },
        );
      }
      // Space after the turn's last token is the template's, not the assistant's.
      ranges.push([before.length, after.trimEnd().length > before.length ? after.trimEnd().length : after.length]);
    }
    return ranges;
  }
}

function parse(source: string): Template {
  if (source.length > longestTemplate) {
    throw new InvalidInput(
      'chat.template',
      `chat template: expected at most ${longestTemplate} characters, got ${source.length}`,
    );
  }
  try {
    // A line of its own: whitespace rules of the source's first line stay as they are.
    return new Template(`{% set range = bounded_range %}\n${source}`);
  } catch (error) {
    throw new InvalidInput('chat.template', `chat template: expected a Jinja template: ${messageOf(error)}`, {}, error);
  }
}

const generationTag = /\{%(-?)\s*(end)?generation\s*(-?)%\}/g;
const hasGeneration = (source: string) => source.search(generationTag) >= 0;

/** Puts a mark where each generation tag stands; the tags around it keep the whitespace rules of the one they replace. */
function markGeneration(source: string, open: string, close: string): string {
  return source.replace(
    generationTag,
    (_, before: string, end: string | undefined, after: string) =>
      `{%${before} if true %}${end ? close : open}{% endif ${after}%}`,
  );
}

function freeMarks(texts: readonly string[]): string[] {
  const free: string[] = [];
  for (let i = 0; i < marksInAll && free.length < 3; i++) {
    const mark = String.fromCharCode(firstMark + i);
    if (!texts.some((text) => text.includes(mark))) free.push(mark);
  }
  if (free.length < 3) {
    throw new InvalidInput(
      'chat.marks',
      'chat: expected text without the noncharacters U+FDD0 to U+FDEF, got text with nearly all of them',
    );
  }
  return free;
}

/** A message with a mark before each spelling of a special token, so that it can be told from the template's own. */
function guardMessage(message: Message, tokenizer: Tokenizer, guard: string): Message {
  const specials = tokenizer.addedTokens.filter((token) => token.special).map((token) => token.content);
  const guarded = (text: string) => {
    const places = new Set<number>();
    for (const special of specials) {
      for (let at = text.indexOf(special); at >= 0; at = text.indexOf(special, at + 1)) places.add(at);
    }
    let out = '';
    let from = 0;
    for (const at of [...places].sort((a, b) => a - b)) {
      out += text.slice(from, at) + guard;
      from = at;
    }
    return out + text.slice(from);
  };
  return typeof message.content === 'string' ? { ...message, content: guarded(message.content) } : message;
}

/** Takes the marks out of a rendered chat: ranges between open and close, and places where plain text begins. */
function readMarks(
  marked: string,
  open: string,
  close: string,
  guard: string,
): { text: string; ranges: [number, number][]; plainAt: Set<number> } {
  const ranges: [number, number][] = [];
  const plainAt = new Set<number>();
  let text = '';
  let from = -1;
  for (const part of marked.split(new RegExp(`([${open}${close}${guard}])`))) {
    if (part === open) from = text.length;
    else if (part === close) {
      if (from >= 0) ranges.push([from, text.length]);
      from = -1;
    } else if (part === guard) plainAt.add(text.length);
    else text += part;
  }
  return { text, ranges, plainAt };
}

/** Renders a chat with a template's source. See `ChatTemplate` for many chats of one template. */
export function renderChat(
  template: string | ChatTemplate,
  messages: readonly Message[],
  options: ChatOptions & SpecialTokenNames = {},
): string {
  return (typeof template === 'string' ? new ChatTemplate(template, options) : template).render(messages, options);
}

/** Ids of a chat and the mask of what the assistant writes: the loss of fine-tuning is taken there. */
export function encodeChat(
  tokenizer: Tokenizer,
  template: string | ChatTemplate,
  messages: readonly Message[],
  options: ChatOptions & SpecialTokenNames = {},
): EncodedChatTokens {
  return (typeof template === 'string' ? new ChatTemplate(template, options) : template).encode(
    tokenizer,
    messages,
    options,
  );
}
