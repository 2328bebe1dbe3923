import { contractions } from './contractions.js';

/** Signs that stand apart at the ends of a word. So: symbols such as arrows, © and emoji. */
const punctuation = '…,:;!?¿؟¡()\\[\\]{}<>_#*&。？！，、；：～·।،۔؛٪';
const quotes = '\'"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉⟦⟧';
const currency = '$£€¥฿₠-₿﷼';
const prefix = new RegExp(
  `^(?:§|%|=|—|–|\\+(?![0-9])|\\.\\.+|(?:US|C|A)\\$|……|[${punctuation}${quotes}${currency}]|\\p{So})`,
  'u',
);
const units =
  'km²|km³|km/h|kmh|km|m²|m³|m/s|mm²|mm³|mm|dm²|dm³|dm|cm²|cm³|cm|ha|µm|nm|yd|in|ft|kg|mg|µg|g|t|lb|oz|mph|hPa|Pa|mbar|mb|MB|kb|KB|gb|GB|tb|TB|m|T|G|M|K|%';
const suffix = new RegExp(
  `(?:\\.\\.+|……|[${punctuation}${quotes}]|\\p{So}|['’][sS]|[—–]|(?<=[0-9])\\+|(?<=°[FfCcKk])\\.|(?<=[0-9])(?:US\\$|C\\$|A\\$|[${currency}])|(?<=[0-9])(?:${units})|(?<=[0-9\\p{Ll}%²\\-+${punctuation}${quotes}])\\.|(?<=\\p{Lu}\\p{Lu})\\.)$`,
  'u',
);
const letter = '\\p{L}';
const infix = new RegExp(
  `\\.\\.+|…|\\p{So}|(?<=[0-9])[+\\-*^](?=[0-9\\-])|(?<=[\\p{Ll}${quotes}])\\.(?=[\\p{Lu}${quotes}])|(?<=${letter}),(?=${letter})|(?<=[${letter}0-9])(?:---|--|——|[-–—~])(?=${letter})|(?<=[${letter}0-9])[:<>=/](?=${letter})`,
  'gu',
);
const address =
  /^(?:[\w+\-.]{2,}:\/\/)?(?:[^\s@]+@)?(?:(?:[1-9]\d?|1\d\d|2[01]\d|22[0-3])(?:\.\d{1,3}){3}|(?:[A-Za-z0-9\u00a1-\uffff](?:[A-Za-z0-9\u00a1-\uffff_-]{0,62}[A-Za-z0-9\u00a1-\uffff])?\.)+\p{Ll}{2,63})(?::\d{2,5})?(?:[/?#]\S*)?$/u;

/** Longest run without white space that is taken apart: beyond it, rules at every place would cost too much. */
const longestChunk = 2000;

/** Words and signs of a run without white space. */
function split(chunk: string): readonly string[] {
  if (chunk.length > longestChunk) return [chunk];
  let rest = chunk;
  const before: string[] = [];
  const after: string[] = [];
  while (rest.length > 0 && !contractions.has(rest)) {
    const head = prefix.exec(rest)?.[0].length ?? 0;
    if (head > 0 && contractions.has(rest.slice(head))) {
      before.push(rest.slice(0, head));
      rest = rest.slice(head);
      break;
    }
    const body = rest.slice(head);
    // The end of a long body is enough for any ending.
    const tail = suffix.exec(body.slice(-12))?.[0].length ?? 0;
    if (head === 0 && tail === 0) break;
    if (tail > 0 && contractions.has(rest.slice(0, -tail))) {
      after.push(rest.slice(-tail));
      rest = rest.slice(0, -tail);
      break;
    }
    if (head > 0) before.push(rest.slice(0, head));
    if (tail > 0) after.push(body.slice(-tail));
    rest = tail > 0 ? body.slice(0, -tail) : body;
  }
  const parts = before;
  if (rest.length > 0) {
    const listed = contractions.get(rest);
    if (listed) parts.push(...listed);
    else if (rest.includes('.') && address.test(rest)) parts.push(rest);
    else {
      let from = 0;
      for (const match of rest.matchAll(infix)) {
        if (match.index > from) parts.push(rest.slice(from, match.index));
        parts.push(match[0]);
        from = match.index + match[0].length;
      }
      if (from < rest.length) parts.push(rest.slice(from));
    }
  }
  for (let i = after.length - 1; i >= 0; i--) parts.push(after[i]!);
  return parts;
}

/** What was split lately: texts repeat their words. */
const cache = new Map<string, readonly string[]>();
const mostCached = 200_000;

/**
 * Words and signs of an English text (or of any language that puts spaces between words), as spaCy's tokenizer for English
 * takes them: signs at the ends of a word and within it stand alone, contractions come apart. datatrove's filters count these.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const chunk of text.split(/\s+/u)) {
    if (chunk === '') continue;
    let parts = cache.get(chunk);
    if (!parts) {
      parts = split(chunk);
      if (chunk.length <= 40) {
        if (cache.size >= mostCached) cache.clear();
        cache.set(chunk, parts);
      }
    }
    for (const part of parts) words.push(part);
  }
  return words;
}

/** Ends of sentences as spaCy's `sentencizer` knows them. */
const ends = new Set([...'!.?։؟۔܀܁܂߹।॥၊။።፧፨᙮᜵᜶᠃᠉᥄᥅᪨᪩᪪᪫᭚᭛᭞᭟᰻᰼᱾᱿‼‽⁇⁈⁉⸮⸼꓿꘎꘏꛳꛷꡶꡷꣎꣏꤯꧈꧉꩝꩞꩟꫰꫱꯫﹒﹖﹗！．？｡。']);
const sign = /^\p{P}+$/u;

/** Number of sentences: one ends at a stop, together with the signs that follow it. */
export function countSentences(words: readonly string[]): number {
  let sentences = 0;
  let open = false;
  let stopped = false;
  for (const word of words) {
    if (stopped && !ends.has(word) && !sign.test(word)) {
      sentences++;
      stopped = false;
    }
    open = true;
    if (ends.has(word)) stopped = true;
  }
  return sentences + (open ? 1 : 0);
}
