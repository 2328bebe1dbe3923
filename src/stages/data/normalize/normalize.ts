import { normalizeSpace, removeBidi, removeControls, removeInvisible, straightenQuotes } from './characters.js';
import { decodeEntities, hasMarkup } from './entities.js';
import { type Attested, joinHyphens } from './hyphenation.js';
import { fixMojibake } from './mojibake.js';

/** What is mended; the defaults change nothing that a reader would miss. */
export interface NormalizeOptions {
  /** Repairs text that was decoded in the wrong encoding. Default true. */
  readonly mojibake?: boolean;
  /** Resolves `&eacute;` and the like; `auto` (default) only in texts without tags. */
  readonly entities?: 'auto' | boolean;
  /** Default NFC. NFKC also makes ligatures, full-width letters and superscripts plain, and loses that they were any. */
  readonly unicode?: 'NFC' | 'NFKC' | 'none';
  /** Takes out control characters, noncharacters, soft hyphens. Default true. */
  readonly controls?: boolean;
  /** Takes out zero-width characters, but joiners where scripts and emoji need them. Default true. */
  readonly zeroWidth?: boolean;
  /** Direction marks: `auto` (default) keeps balanced ones in lines that run right to left. */
  readonly bidi?: 'auto' | 'remove' | 'keep';
  /** `trim` (default): ends of lines, blank lines, kinds of spaces and line breaks; `collapse`: also runs of spaces. */
  readonly whitespace?: 'trim' | 'collapse' | 'keep';
  /** `ascii` makes all quotation marks straight. Default `keep`. */
  readonly quotes?: 'keep' | 'ascii';
  /** Joins words cut at line ends where the whole word is attested. Default false. */
  readonly hyphenation?: boolean;
  /** Words that count as attested besides the text's own; lower case. */
  readonly words?: Attested;
  /** Default false. By the rules of `language`, where it is given (Turkish, Lithuanian). */
  readonly lowerCase?: boolean;
  readonly language?: string;
}

function lower(text: string, language: string | undefined): string {
  // Only these three have rules of their own; an invalid tag would throw.
  return language && /^(?:tr|az|lt)(?:-|$)/i.test(language)
    ? text.toLocaleLowerCase(language.slice(0, 2))
    : text.toLowerCase();
}

/** Mends a text: encoding errors first, then characters, then spaces, then words. Without surprises on valid text: it comes back as it was. */
export function normalizeText(text: string, options: NormalizeOptions = {}): string {
  const {
    mojibake = true,
    entities = 'auto',
    unicode = 'NFC',
    controls = true,
    zeroWidth = true,
    bidi = 'auto',
    whitespace = 'trim',
  } = options;
  let result = text;
  if (entities === true || (entities === 'auto' && !hasMarkup(result))) result = decodeEntities(result);
  if (mojibake) result = fixMojibake(result).text;
  // Before soft hyphens and carriage returns go: they say where words were cut.
  if (options.hyphenation) result = joinHyphens(result, options.words);
  if (controls) result = removeControls(result);
  if (zeroWidth) result = removeInvisible(result);
  if (bidi !== 'keep') result = removeBidi(result, bidi);
  if (unicode !== 'none') result = result.normalize(unicode);
  if (whitespace !== 'keep') result = normalizeSpace(result, whitespace);
  if (options.quotes === 'ascii') result = straightenQuotes(result);
  if (options.lowerCase) result = lower(result, options.language);
  return result;
}
