import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidInput } from '../../../base/core/index.js';
import { byteLength } from '../document.js';
import { type StepDefinition, defineStep } from './step.js';

const count = z.int().min(0);

const length = defineStep({
  kind: 'document',
  name: 'length',
  summary: 'Drops texts that are too short or too long, in characters, words or UTF-8 bytes.',
  version: 1,
  options: z.strictObject({
    minCharacters: count.optional(),
    maxCharacters: count.optional(),
    minWords: count.optional(),
    maxWords: count.optional(),
    minBytes: count.optional(),
    maxBytes: count.optional(),
  }),
  create(options) {
    const rules = [
      ['Characters', options.minCharacters, options.maxCharacters, (text: string) => text.length],
      ['Words', options.minWords, options.maxWords, wordCount],
      ['Bytes', options.minBytes, options.maxBytes, byteLength],
    ] as const;
    const asked = rules.filter(([, min, max]) => min !== undefined || max !== undefined);
    if (asked.length === 0) {
      throw new InvalidInput('pipeline.options', 'length: expected a limit such as minCharacters, got none');
    }
    return {
      apply(document) {
        for (const [unit, min, max, measure] of asked) {
          const value = measure(document.text);
          if (min !== undefined && value < min) return { drop: `min${unit}`, detail: `${value} < ${min}` };
          if (max !== undefined && value > max) return { drop: `max${unit}`, detail: `${value} > ${max}` };
        }
        return document;
      },
    };
  },
});

/** White space as in regular expressions. */
const isSpace = (code: number): boolean =>
  code <= 32
    ? code === 32 || (code >= 9 && code <= 13)
    : code === 0xa0 ||
      (code >= 0x1680 &&
        (code === 0x3000 ||
          code === 0xfeff ||
          code === 0x1680 ||
          (code >= 0x2000 &&
            (code <= 0x200a || code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f))));

/** Runs of characters that are not white space. */
export function wordCount(text: string): number {
  let words = 0;
  let outside = 1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 32 && code < 0xa0) {
      words += outside;
      outside = 0;
    } else if (isSpace(code)) outside = 1;
    else {
      words += outside;
      outside = 0;
    }
  }
  return words;
}

const sample = defineStep({
  kind: 'document',
  name: 'sample',
  summary: 'Keeps a share of the documents, chosen by a hash of id, source and seed.',
  version: 1,
  options: z.strictObject({ share: z.number().gt(0).lte(1) }),
  create: ({ share }, { seed }) => ({
    apply(document) {
      const hash = createHash('sha256').update(`${seed}\0${document.source}\0${document.id}`).digest();
      return hash.readUIntBE(0, 6) / 2 ** 48 < share ? document : { drop: 'sampled' };
    },
  }),
});

/** Steps that need nothing but the text. */
export const steps: readonly StepDefinition[] = [length, sample];
