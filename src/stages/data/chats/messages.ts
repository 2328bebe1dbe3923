import type { Message } from '../../../base/contract/index.js';

/** Why a record is left out. */
export class Unfit extends Error {}

export type Fields = Readonly<Record<string, unknown>>;

/** A field of a record itself, never of its prototype. */
export function field(record: Fields, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first of the fields that is a string with something in it. */
export function firstText(record: Fields, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = field(record, name);
    if (typeof value === 'string' && value.trim() !== '') return value;
  }
  return undefined;
}

/** Names that data sets give the speakers. */
const roles: Readonly<Record<string, Message['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  prompter: 'user',
  customer: 'user',
  assistant: 'assistant',
  gpt: 'assistant',
  bot: 'assistant',
  model: 'assistant',
  ai: 'assistant',
  chatgpt: 'assistant',
  bing: 'assistant',
  bard: 'assistant',
  claude: 'assistant',
  function_call: 'assistant',
  tool_call: 'assistant',
  tool: 'tool',
  function: 'tool',
  observation: 'tool',
  tool_response: 'tool',
};

/** A call as it stands in an assistant's turn; chat templates of Qwen and Hermes write calls so. */
function callText(call: unknown): string {
  return `<tool_call>\n${typeof call === 'string' ? call : JSON.stringify(call)}\n</tool_call>`;
}

const plain = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') throw new Unfit('a part of a content is no text');
  return String(value);
};

/** Text of a content: a string, or parts of which text, reasoning and calls have a text form; pictures and sounds have none. */
function contentOf(content: unknown): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new Unfit('content is neither text nor a list of parts');
  return content
    .map((part: unknown) => {
      if (typeof part === 'string') return part;
      if (!isRecord(part)) throw new Unfit('a part of a content is no object');
      const text = field(part, 'text') ?? field(part, 'value');
      switch (field(part, 'type')) {
        case 'text':
        case 'input_text':
        case 'output_text':
          return plain(text);
        case 'reasoning':
        case 'thinking':
          return `<think>\n${plain(text ?? field(part, 'thinking'))}\n</think>\n`;
        case 'tool_call':
        case 'tool_calls':
          return callText(text);
        default:
          throw new Unfit(`a part of type ${JSON.stringify(field(part, 'type') ?? null)} has no text`);
      }
    })
    .join('');
}

/** Turns of `{role, content}` or `{from, value}` as messages. */
export function messagesOf(turns: unknown): Message[] {
  if (!Array.isArray(turns)) throw new Unfit('turns are no list');
  return turns.map((turn: unknown): Message => {
    if (!isRecord(turn)) throw new Unfit('a turn is no object');
    const speaker = field(turn, 'role') ?? field(turn, 'from') ?? field(turn, 'speaker');
    const key = typeof speaker === 'string' ? speaker.trim().toLowerCase() : '';
    const role = Object.hasOwn(roles, key) ? roles[key] : undefined;
    if (!role) throw new Unfit(`unknown speaker ${JSON.stringify(speaker ?? null)}`);
    let content = contentOf(field(turn, 'content') ?? field(turn, 'value') ?? field(turn, 'text'));
    if (key === 'function_call' || key === 'tool_call') content = callText(content);
    const calls = field(turn, 'tool_calls');
    if (Array.isArray(calls)) {
      const texts = calls.map((call: unknown) => callText(isRecord(call) ? (field(call, 'function') ?? call) : call));
      content = [content, ...texts].filter((text) => text !== '').join('\n');
    }
    const name = field(turn, 'name');
    return typeof name === 'string' && name !== '' ? { role, content, name } : { role, content };
  });
}

/** Throws where the messages are no chat: system first if at all, user and assistant in turn, tools after calls, nothing empty. */
export function checkOrder(messages: readonly Message[], { from = 0 } = {}): void {
  for (const [i, { role, content }] of messages.entries()) {
    if (i < from) continue;
    const before = messages[i - 1]?.role;
    const fits = {
      system: i === 0,
      user: before === undefined || before === 'system' || before === 'assistant',
      assistant: before === 'user' || before === 'tool',
      tool: before === 'assistant' || before === 'tool',
    }[role];
    if (!fits) throw new Unfit(`roles out of order: ${role} after ${before ?? 'nothing'}`);
    if (content.trim() === '')
      throw new Unfit(role === 'assistant' ? 'an empty answer' : `an empty turn of the ${role}`);
  }
}

/** Throws where the messages are no chat that ends with an answer. */
export function checkChat(messages: readonly Message[]): void {
  checkOrder(messages);
  if (messages.length === 0) throw new Unfit('no turns');
  if (messages.at(-1)?.role !== 'assistant') throw new Unfit('the last turn is not an answer');
}

const speakers = /(?:^|\n\n)(Human|Assistant|H|A|User|System): ?/g;

/** Turns of a transcript "\n\nHuman: … \n\nAssistant: …" (HH-RLHF). */
export function transcriptTurns(text: string): Message[] {
  const marks = [...text.matchAll(speakers)];
  if (marks.length === 0 || text.slice(0, marks[0]?.index).trim() !== '')
    throw new Unfit('no transcript of Human and Assistant');
  return marks.map((mark, i): Message => {
    const from = mark.index + mark[0].length;
    const content = text.slice(from, marks[i + 1]?.index ?? text.length).trim();
    const speaker = mark[1] as string;
    const role = speaker.startsWith('A') ? 'assistant' : speaker === 'System' ? 'system' : 'user';
    return { role, content };
  });
}

export function isTranscript(value: unknown): boolean {
  return typeof value === 'string' && /^\s*(?:Human|H): /.test(value) && /\n\n(?:Assistant|A):/.test(value);
}
