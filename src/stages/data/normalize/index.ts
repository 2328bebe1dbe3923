/**
 * Bytes to text and text to clean text: encodings, mojibake, Unicode forms, invisible characters, spaces, quotes, cut words.
 *
 * @module
 * @example
 * ```ts
 * import { decodeText, fixMojibake, normalizeText } from 'abovo/data/normalize';
 * console.log(decodeText(Uint8Array.of(0x45, 0x69, 0x65, 0x72, 0x20, 0xe4)).text); // Eier ä
 * console.log(fixMojibake('schÃ¶n').text); // schön
 * console.log(normalizeText('two\u200bwords &amp; more  \r\n\r\n\r\nend'));
 * ```
 */
import { normalizeStep } from './step.js';

export { normalizeSpace, removeBidi, removeControls, removeInvisible, straightenQuotes } from './characters.js';
export { decodeText, decodeWith } from './decode.js';
export type { Decoded, DecodeHints } from './decode.js';
export { decodeEntities } from './entities.js';
export { joinHyphens } from './hyphenation.js';
export type { Attested } from './hyphenation.js';
export { fixMojibake } from './mojibake.js';
export type { FixedText, Repair } from './mojibake.js';
export { normalizeText } from './normalize.js';
export type { NormalizeOptions } from './normalize.js';
export { normalizeOptions, normalizeStep, readWords } from './step.js';

/** Steps of this room, for the pipeline's table. */
export const steps = [normalizeStep];
