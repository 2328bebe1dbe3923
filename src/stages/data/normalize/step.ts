import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { defineStep } from '../pipeline/index.js';
import type { Attested } from './hyphenation.js';
import { normalizeText } from './normalize.js';

/** Options that `normalizeText` and the step have in common. */
export const normalizeOptions = z.strictObject({
  mojibake: z.boolean().default(true),
  entities: z.union([z.literal('auto'), z.boolean()]).default('auto'),
  unicode: z.enum(['NFC', 'NFKC', 'none']).default('NFC'),
  controls: z.boolean().default(true),
  zeroWidth: z.boolean().default(true),
  bidi: z.enum(['auto', 'remove', 'keep']).default('auto'),
  whitespace: z.enum(['trim', 'collapse', 'keep']).default('trim'),
  quotes: z.enum(['keep', 'ascii']).default('keep'),
  hyphenation: z.boolean().default(false),
  lowerCase: z.boolean().default(false),
  /** File of words, one a line, that count as attested when words cut at line ends are joined. */
  wordList: z.string().optional(),
});

/** Reads a list of words, one a line. Throws `InvalidInput` where it cannot be read. */
export async function readWords(path: string): Promise<Attested> {
  try {
    const words = new Set((await readFile(path, 'utf8')).split(/\r?\n/).map((word) => word.trim().toLowerCase()));
    return (word) => words.has(word);
  } catch (error) {
    throw new InvalidInput(
      'normalize.words',
      `normalize: expected a list of words in ${path}, got ${messageOf(error)}`,
      { path },
      error,
    );
  }
}

/** Texts are mended; those that nothing is left of are dropped as `empty`. */
export const normalizeStep = defineStep({
  kind: 'document',
  name: 'normalize',
  summary:
    'Mends encoding errors, Unicode forms, control and invisible characters, spaces; on demand quotes, case and cut words.',
  version: 1,
  options: normalizeOptions,
  async create({ wordList, ...options }, { folder }) {
    const words = wordList === undefined ? undefined : await readWords(resolve(folder, wordList));
    return {
      apply(document) {
        const text = normalizeText(document.text, { ...options, words, language: document.language });
        if (text === '') return { drop: 'empty', detail: `nothing left of ${document.text.length} characters` };
        return text === document.text ? document : { ...document, text };
      },
    };
  },
});
