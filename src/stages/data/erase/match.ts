import { InvalidInput } from '../../../base/core/index.js';
import { sha256 } from '../../../base/core/index.node.js';

/** Fields of a record that name the person it is about, where nothing else is said. */
export const defaultFields: readonly string[] = [
  'subject',
  'email',
  'userId',
  'user_id',
  'user',
  'author',
  'customerId',
  'customer_id',
  'patientId',
  'patient_id',
];

/** Why a record is a person's. */
export type Reason = 'subject' | 'mention' | 'copy';

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim();

/** Tells which records are about a person or name the person. */
export class SubjectMatcher {
  readonly #key: string;
  readonly #fields: readonly string[];
  readonly #mention: RegExp;
  /** Hashes of texts of records that were found: copies without the key in corpora and shards are known by them. */
  readonly #texts = new Set<string>();
  readonly removedTexts: string[] = [];

  constructor(key: string, fields: readonly string[] = defaultFields) {
    this.#key = fold(key);
    // A short key would stand in many words of other people's texts.
    if (this.#key.length < 3) {
      throw new InvalidInput(
        'erase.subject',
        `erase: expected a key of three signs at least, got ${this.#key.length}; give a key or an e-mail`,
      );
    }
    this.#fields = fields;
    const escaped = this.#key.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&').replace(/\s+/g, '\\s+');
    this.#mention = new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, 'giu');
  }

  /** Why this record is the person's; undefined where it is not. */
  reasonOf(record: unknown): Reason | undefined {
    if (typeof record !== 'object' || record === null)
      return typeof record === 'string' && this.mentions(record) ? 'mention' : undefined;
    const { text, ...rest } = record as Record<string, unknown>;
    for (const field of this.#fields) {
      const value = rest[field] ?? (rest.metadata as Record<string, unknown> | undefined)?.[field];
      if ((typeof value === 'string' || typeof value === 'number') && fold(String(value)) === this.#key)
        return 'subject';
    }
    if (this.#anyMention(record, 0)) return 'mention';
    return typeof text === 'string' && this.#texts.has(sha256(text)) ? 'copy' : undefined;
  }

  /** Remembers the text of a record that was found, so that copies of it are found too. */
  remember(record: unknown): void {
    const text = (record as { text?: unknown } | null)?.text;
    if (typeof text !== 'string' || text.trim() === '') return;
    const hash = sha256(text);
    if (this.#texts.has(hash)) return;
    this.#texts.add(hash);
    this.removedTexts.push(text);
  }

  mentions(text: string): boolean {
    this.#mention.lastIndex = 0;
    return this.#mention.test(text.normalize('NFKC'));
  }

  /** The text without the key, and how often it stood there. */
  replaceMentions(text: string, by: string): { readonly text: string; readonly count: number } {
    let count = 0;
    const replaced = text.replace(this.#mention, () => {
      count++;
      return by;
    });
    return { text: replaced, count };
  }

  #anyMention(value: unknown, depth: number): boolean {
    if (typeof value === 'string') return this.mentions(value);
    if (typeof value !== 'object' || value === null || depth > 32) return false;
    return Object.values(value).some((item) => this.#anyMention(item, depth + 1));
  }
}
