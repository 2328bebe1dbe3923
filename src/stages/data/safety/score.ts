import { type Category, type Entry, categories, lexicon, phrases } from './lexicon.js';

export interface SafetyHit {
  readonly category: Category;
  /** What was found: the word, or the turn of phrase as it stands in the text. */
  readonly match: string;
  /** How much it counts after its surroundings were looked at. */
  readonly weight: number;
  /** Why it counts for less or more than by itself. */
  readonly context: readonly ('quoted' | 'reported' | 'directed' | 'medical' | 'news')[];
}

export interface SafetyScore {
  /** From 0 to 1: the categories together, hate counting fully, profanity and sexual content in part. */
  readonly toxicity: number;
  readonly categories: Readonly<Record<Category, number>>;
  readonly hits: readonly SafetyHit[];
}

/** Share of a category in `toxicity`. */
const shares: Readonly<Record<Category, number>> = {
  hate: 1,
  insult: 0.8,
  profanity: 0.75,
  sexual: 0.6,
  violence: 0.8,
};

/** Speaking about words: reports, teaching, law. In the sentence, or the one beside it. */
const about =
  /\b(?:slurs?|epithets?|derogatory|pejoratives?|offensive (?:term|word|language)|the (?:word|term|n-word|phrase)|etymology|dictionary|censor\w*|hate speech|racis[mt]\w*|homophobi\w*|antisemiti\w*|islamophobi\w*|condemn\w*|apologi[sz]ed?|slang for|vulgar term|profanit\w+|swear ?words?|linguist\w*|connotations?|usage|reclaim\w*|discriminat\w*|bullying|harassment)\b/;
const news =
  /\b(?:police|court|trial|charged|convicted|sentenced|prosecutors?|lawsuit|jury|arrested|investigat\w+|witness\w*|according to|reported|reporters?|officials said|historians?|centur(?:y|ies)|war|battle|army|troops|regime|victims?|survivors?|novel|film|movie|episode|documentary|statistics|study|researchers?|epidemic|vaccine)\b|\b1[0-9]{3}\b|\b20[0-2][0-9]\b/;
const medical =
  /\b(?:cancer|patients?|clinic(?:al)?|doctors?|medical|medicine|health|symptoms?|diagnos\w+|treatment|surgery|anatomy|reproductive|contracepti\w+|sex(?:ual)? education|infections?|disease|species|animals?|biology|gender|discrimination|assault|consent|therapy)\b/;
const directed = /\b(?:you|you're|your|u|ur|yourself)\b/;
const reporting =
  /\b(?:said|says|called|calling|wrote|shouted|yelled|used|uses|tweeted|told|quoted|chanted|referred to)\b/;

/** Longest text that is read; a longer one is judged by its beginning. */
const longestText = 500_000;
const mostHits = 50;

const signs: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** Letters behind look-alikes, and without drawn-out ones: `sh1t`, `fuuuck`. */
function plain(word: string): string {
  return word.replace(/[013457@$!]/g, (sign) => signs[sign]!).replace(/(.)\1{2,}/g, '$1');
}

/** Words with stars in them (`f**k`) are looked up by what they leave open. */
function starred(word: string, words: ReadonlyMap<string, Entry>): string | undefined {
  if (!word.includes('*') || word.length > 16 || !/^[a-z][a-z*]*$/.test(word) || word.replaceAll('*', '').length < 2)
    return undefined;
  const pattern = new RegExp(`^${word.replaceAll('*', '.')}$`);
  for (const [entry, { weight }] of words)
    if (weight >= 0.6 && entry.length === word.length && pattern.test(entry)) return entry;
  return undefined;
}

/** Ranges between quotation marks of one sentence; a mark without a partner opens none. */
function quotedRanges(sentence: string): [number, number][] {
  const ranges: [number, number][] = [];
  for (const match of sentence.matchAll(
    /"[^"]{1,400}"|“[^”]{1,400}”|«[^»]{1,400}»|(?<![a-z])['‘][^'’]{1,80}['’](?![a-z])/gi,
  )) {
    ranges.push([match.index, match.index + match[0].length]);
  }
  return ranges;
}

/** Scores texts by a lexicon and by what stands around its words. */
export class SafetyScorer {
  readonly #words: ReadonlyMap<string, Entry>;

  constructor(more: Readonly<Record<string, Entry>> = {}) {
    this.#words = lexicon(more);
  }

  score(text: string): SafetyScore {
    const sums = new Map<Category, number[]>(categories.map((category) => [category, []]));
    const hits: SafetyHit[] = [];
    const sentences = text.slice(0, longestText).split(/(?<=[.!?…])\s+|\n+/);
    let before = '';
    for (let s = 0; s < sentences.length; s++) {
      const sentence = sentences[s]!.toLowerCase().replaceAll('’', "'");
      const found = this.#hitsIn(sentence, `${before} ${(sentences[s + 1] ?? '').toLowerCase()}`);
      before = sentence;
      if (found.length === 0) continue;
      for (const category of categories) {
        const sum = found.reduce((total, hit) => total + (hit.category === category ? hit.weight : 0), 0);
        if (sum > 0) sums.get(category)!.push(sum);
      }
      for (const hit of found) if (hits.length < mostHits) hits.push(hit);
    }
    // The worst sentence counts most, and more where it is much of the text; the others by their density.
    const spread = Math.sqrt(sentences.length);
    const scores = {} as Record<Category, number>;
    let harmless = 1;
    for (const category of categories) {
      const values = sums.get(category)!;
      const worst = Math.max(0, ...values);
      const rest = values.reduce((a, b) => a + b, 0) - worst;
      const score = 1 - Math.exp(-(worst * (0.6 + 0.4 / spread) + (0.5 * rest) / spread));
      scores[category] = Math.round(score * 1e4) / 1e4;
      harmless *= 1 - shares[category] * score;
    }
    return { toxicity: Math.round((1 - harmless) * 1e4) / 1e4, categories: scores, hits };
  }

  #hitsIn(sentence: string, around: string): SafetyHit[] {
    const raw: { category: Category; match: string; weight: number; at: number }[] = [];
    for (const match of sentence.matchAll(/[a-z0-9@$*!'-]+/g)) {
      const word = match[0].replace(/^['!-]+|['!-]+$/g, '');
      if (word.length < 3) continue;
      const entry =
        this.#words.get(word) ?? this.#words.get(plain(word)) ?? this.#words.get(starred(word, this.#words) ?? '');
      if (entry) raw.push({ ...entry, match: word, at: match.index });
    }
    if (sentence.length < 5000) {
      for (const [category, weight, pattern] of phrases) {
        const match = pattern.exec(sentence);
        if (match) raw.push({ category, weight, match: match[0], at: match.index });
      }
    }
    if (raw.length === 0) return [];
    const quotes = quotedRanges(sentence);
    const near = `${sentence} ${around}`;
    const isAbout = about.test(near);
    const isNews = news.test(near);
    const isMedical = medical.test(near);
    const isReported = reporting.test(sentence);
    const isDirected = directed.test(sentence);
    return raw.map(({ category, match, weight, at }) => {
      const context: SafetyHit['context'][number][] = [];
      let value = weight;
      const quoted = quotes.some(([from, to]) => at > from && at < to);
      if (quoted) {
        context.push('quoted');
        value *= isReported || isAbout ? 0.5 : 0.8;
      }
      if ((category === 'hate' || category === 'profanity' || category === 'insult') && isAbout) {
        context.push('reported');
        value *= quoted ? 0.3 : 0.35;
      }
      if (category === 'violence' && isNews && !(isDirected && weight > 1)) {
        context.push('news');
        value *= 0.3;
      }
      if (category === 'sexual' && isMedical) {
        context.push('medical');
        value *= 0.3;
      }
      if (
        isDirected &&
        !quoted &&
        !isAbout &&
        (category === 'insult' || category === 'hate' || category === 'profanity')
      ) {
        context.push('directed');
        value *= 1.4;
      }
      return { category, match, weight: Math.round(value * 1e3) / 1e3, context };
    });
  }
}
