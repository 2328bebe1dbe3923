import type { Message } from '../../../base/contract/index.js';
import type { Json } from '../../../base/core/index.js';
import {
  type Fields,
  Unfit,
  checkChat,
  field,
  firstText,
  isRecord,
  isTranscript,
  messagesOf,
  transcriptTurns,
} from './messages.js';
import type { ChatFormat, ChatRecord, TextRecord } from './types.js';

interface Format {
  /** Whether a record looks like it; the first format of the table that does is taken. */
  matches(record: Fields): boolean;
  convert(record: Fields): Array<Omit<ChatRecord, 'format' | 'id'> | Omit<TextRecord, 'format' | 'id'>>;
}

const prompts = ['prompt', 'question', 'query', 'input', 'user'] as const;
const completions = ['completion', 'response', 'answer', 'output', 'assistant'] as const;

function chat(messages: readonly Message[], tools?: unknown): [Omit<ChatRecord, 'format' | 'id'>] {
  checkChat(messages);
  const known = typeof tools === 'string' ? parsed(tools) : tools;
  return [{ kind: 'chat', messages, ...(known === undefined || known === null ? {} : { tools: known as Json }) }];
}

function parsed(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const withSystem = (system: string | undefined, messages: Message[]): Message[] =>
  system && messages[0]?.role !== 'system' ? [{ role: 'system', content: system }, ...messages] : messages;

/** The question of an instruction with or without input, as Alpaca's users of chat templates join them. */
export function instructionText(record: Fields): string {
  const instruction = firstText(record, 'instruction') ?? '';
  const input = firstText(record, 'input', 'context');
  return input ? `${instruction}\n\n${input}`.trim() : instruction;
}

function alpacaHistory(record: Fields): Message[] {
  const history = field(record, 'history');
  if (!Array.isArray(history)) return [];
  return history.flatMap((pair: unknown): Message[] => {
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((text) => typeof text === 'string')) {
      throw new Unfit('a turn of the history is no pair of texts');
    }
    return [
      { role: 'user', content: pair[0] as string },
      { role: 'assistant', content: pair[1] as string },
    ];
  });
}

/** In the order in which they are tried. */
export const chatFormats: Readonly<Record<ChatFormat, Format>> = {
  messages: {
    matches: (record) =>
      Array.isArray(field(record, 'messages')) && isRecord((field(record, 'messages') as unknown[])[0]),
    convert: (record) =>
      chat(withSystem(firstText(record, 'system'), messagesOf(field(record, 'messages'))), field(record, 'tools')),
  },
  sharegpt: {
    matches: (record) => Array.isArray(field(record, 'conversations') ?? field(record, 'conversation')),
    convert: (record) =>
      chat(
        withSystem(
          firstText(record, 'system'),
          messagesOf(field(record, 'conversations') ?? field(record, 'conversation')),
        ),
        field(record, 'tools'),
      ),
  },
  'self-instruct': {
    matches: (record) => typeof field(record, 'instruction') === 'string' && Array.isArray(field(record, 'instances')),
    convert: (record) =>
      (field(record, 'instances') as unknown[]).flatMap((instance) => {
        if (!isRecord(instance)) throw new Unfit('an instance is no object');
        const { instruction } = record;
        return chat([
          { role: 'user', content: instructionText({ instruction, input: field(instance, 'input') }) },
          { role: 'assistant', content: firstText(instance, 'output') ?? '' },
        ]);
      }),
  },
  alpaca: {
    matches: (record) =>
      typeof field(record, 'instruction') === 'string' &&
      completions.some((name) => typeof field(record, name) === 'string'),
    convert: (record) =>
      chat(
        withSystem(firstText(record, 'system'), [
          ...alpacaHistory(record),
          { role: 'user', content: instructionText(record) },
          { role: 'assistant', content: firstText(record, 'output', 'response', 'completion', 'answer') ?? '' },
        ]),
      ),
  },
  'prompt-completion': {
    matches: (record) =>
      prompts.some((name) => typeof field(record, name) === 'string' || Array.isArray(field(record, name))) &&
      completions.some(
        (name) =>
          name !== 'assistant' && (typeof field(record, name) === 'string' || Array.isArray(field(record, name))),
      ),
    convert(record) {
      const given = (names: readonly string[]): unknown =>
        names.map((name) => field(record, name)).find((value) => typeof value === 'string' || Array.isArray(value));
      const prompt = given(prompts);
      const completion = given(completions);
      const asked = Array.isArray(prompt) ? messagesOf(prompt) : [{ role: 'user' as const, content: String(prompt) }];
      const said = Array.isArray(completion)
        ? messagesOf(completion)
        : [{ role: 'assistant' as const, content: String(completion).trim() }];
      return chat(withSystem(firstText(record, 'system'), [...asked, ...said]));
    },
  },
  transcript: {
    matches: (record) => isTranscript(field(record, 'text')),
    convert: (record) => chat(transcriptTurns(field(record, 'text') as string)),
  },
  text: {
    matches: (record) => typeof field(record, 'text') === 'string',
    convert(record) {
      const text = field(record, 'text') as string;
      if (text.trim() === '') throw new Unfit('no text');
      return [{ kind: 'text', text }];
    },
  },
};
