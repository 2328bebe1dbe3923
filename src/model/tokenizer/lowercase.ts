import type { Edit, Rewriter } from './align.js';

/** Lower case character by character, so a final sigma is an ordinary one, as in the reference library. */
export const lowercase: Rewriter = {
  apply: (text) => text.replaceAll('Σ', 'σ').toLowerCase(),
  edits(text) {
    const edits: Edit[] = [];
    for (let at = 0; at < text.length; ) {
      const char = String.fromCodePoint(text.codePointAt(at) as number);
      const lower = char.toLowerCase();
      if (lower !== char) edits.push({ start: at, end: at + char.length, text: lower });
      at += char.length;
    }
    return edits;
  },
};
