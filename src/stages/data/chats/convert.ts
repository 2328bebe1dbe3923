import { InvalidInput } from '../../../base/core/index.js';
import { chatFormats } from './chat-formats.js';
import { Unfit, field, isRecord } from './messages.js';
import { preferenceFormats } from './preference-formats.js';
import type { ChatFormat, ConvertedRecord, PreferenceFormat, RecordFormat } from './types.js';

/** Every format, in the order in which a record is tried: preferences first, since they hold chats too. */
export const recordFormats: readonly RecordFormat[] = [
  ...(Object.keys(preferenceFormats) as PreferenceFormat[]),
  ...(Object.keys(chatFormats) as ChatFormat[]),
];

const table = { ...preferenceFormats, ...chatFormats };

/** The form that a record is in, undefined where it is none that is known. */
export function detectFormat(record: unknown): RecordFormat | undefined {
  return isRecord(record) ? recordFormats.find((name) => table[name].matches(record)) : undefined;
}

/** Bytes of a record that is still converted. */
const mostCharacters = 16 * 1024 * 1024;

/**
 * A record as chats, preferences, rankings, judgements or text; or the reason why it is none.
 * Errors: `InvalidInput` where `format` is unknown.
 */
export function convertRecord(
  record: unknown,
  { format }: { readonly format?: RecordFormat } = {},
): { readonly items: readonly ConvertedRecord[] } | { readonly reason: string } {
  if (format !== undefined && !recordFormats.includes(format)) {
    throw new InvalidInput('chats.format', `convert: expected one of ${recordFormats.join(', ')}, got ${format}`);
  }
  if (!isRecord(record)) return { reason: 'not a JSON object' };
  const found = format ?? detectFormat(record);
  if (!found) {
    const names = Object.keys(record).slice(0, 8).join(', ').slice(0, 200);
    return { reason: `no known form (fields ${names || 'none'})` };
  }
  try {
    if (format !== undefined && !table[format].matches(record)) throw new Unfit(`not a record of ${format}`);
    const id = field(record, 'id') ?? field(record, 'idx');
    const known = typeof id === 'string' || typeof id === 'number' ? { id: String(id) } : {};
    const items = table[found].convert(record).map((item) => ({ ...item, format: found, ...known }) as ConvertedRecord);
    if (items.length === 0) return { reason: 'no turns' };
    for (const item of items) {
      if (item.kind === 'chat' && item.tools !== undefined) JSON.stringify(item.tools);
      const text = textOf(item);
      if (text.length > mostCharacters) return { reason: `more than ${mostCharacters} characters` };
      if (!text.isWellFormed()) return { reason: 'a lone surrogate in the text' };
    }
    return { items };
  } catch (error) {
    if (error instanceof Unfit) return { reason: error.message };
    // Of lists in lists without end, neither a call nor a definition of a tool can be written down.
    if (error instanceof RangeError) return { reason: 'nested too deeply' };
    throw error;
  }
}

/** All that a record says, turns between blank lines: what near-duplicates are found by. */
export function textOf(item: ConvertedRecord): string {
  const messages = (() => {
    switch (item.kind) {
      case 'text':
        return [{ content: item.text }];
      case 'chat':
      case 'judged':
        return item.messages;
      case 'preference':
        return [...item.prompt, ...item.chosen, ...item.rejected];
      case 'ranking':
        return [...item.prompt, ...item.answers.flatMap((answer) => answer.messages)];
      default:
        return item satisfies never;
    }
  })();
  return messages.map(({ content }) => content).join('\n\n');
}
