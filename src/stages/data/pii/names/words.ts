import { inflateRawSync } from 'node:zlib';

/** FNV-1a over UTF-16 units, mixed. */
export function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** A set of words that may say yes wrongly (Bloom, 1970): about 1 % at ten bits a word and six probes. */
export class WordSet {
  readonly #bits: Uint8Array;

  constructor(bits: Uint8Array) {
    this.#bits = bits;
  }

  static of(words: Iterable<string>): WordSet {
    const list = [...words];
    const set = new WordSet(new Uint8Array(Math.ceil((list.length * 10) / 8)));
    for (const word of list) for (const place of set.#places(word)) set.#bits[place >>> 3] |= 1 << (place & 7);
    return set;
  }

  static parse(packed: string): WordSet {
    return new WordSet(inflateRawSync(Buffer.from(packed, 'base64')));
  }

  get bytes(): Uint8Array {
    return this.#bits;
  }

  has(word: string): boolean {
    const size = this.#bits.length * 8;
    let hash = hashWord(word);
    const step = (Math.imul(hash, 0x9e3779b1) >>> 0) | 1;
    for (let i = 0; i < 6; i++) {
      const place = hash % size;
      if ((this.#bits[place >>> 3] & (1 << (place & 7))) === 0) return false;
      hash = (hash + step) >>> 0;
    }
    return true;
  }

  *#places(word: string): Generator<number> {
    let hash = hashWord(word);
    const step = (Math.imul(hash, 0x9e3779b1) >>> 0) | 1;
    for (let i = 0; i < 6; i++) {
      yield hash % (this.#bits.length * 8);
      hash = (hash + step) >>> 0;
    }
  }
}

/** Words that a dictionary of nouns, verbs, adjectives and adverbs leaves out. */
export const functionWords: ReadonlySet<string> = new Set(
  (
    'a an the this that these those i you he she it we they me him her us them my your his its our their mine yours hers ours theirs myself yourself himself herself itself ourselves themselves ' +
    'who whom whose which what where when why how and or but nor so yet for of in on at by to from with without within into onto upon over under above below between among through during before after ' +
    'since until till about against across along around behind beside besides beyond down up off out near per than then there here if unless because although though while whereas as like via despite except ' +
    'is am are was were be been being have has had having do does did done doing will would shall should can could may might must ought need dare not no yes please ok okay hi hello hey dear thanks thank ' +
    'all any both each every either neither some many much more most few less least several such same other another own only just also too very quite rather even still already again ever never always often ' +
    'once twice one two three four five six seven eight nine ten eleven twelve hundred thousand million first second third last next ' +
    's t d ll ve re m isn aren wasn weren hasn haven hadn doesn don didn won wouldn shan shouldn couldn mustn ain let lets gonna wanna gotta cannot cant dont im ive id ill youre hes shes theyre whats thats ' +
    'mr mrs ms dr miss sir prof everyone everybody someone somebody anyone anybody nobody nothing something anything everything whatever whoever whichever however therefore thus hence moreover maybe perhaps ' +
    'http https www com org net html php api url pdf faq etc eg ie vs pm online email mail website web app apps blog internet login username password atm pin sms asap bot user users cc zip'
  ).split(' '),
);

const endings: ReadonlyArray<readonly [string, string]> = [
  ['ies', 'y'],
  ['es', ''],
  ['s', ''],
  ['ied', 'y'],
  ['ed', ''],
  ['ed', 'e'],
  ['ing', ''],
  ['ing', 'e'],
  ['er', ''],
  ['er', 'e'],
  ['est', ''],
  ['est', 'e'],
  ['ly', ''],
  ['ness', ''],
  ['less', ''],
  ['able', ''],
  ['ings', ''],
  ['ers', ''],
];

/** Whether a lower-case word is in the set, itself or without an English ending. */
export function isKnown(set: WordSet, word: string): boolean {
  if (functionWords.has(word) || set.has(word)) return true;
  if (word.length < 4) return false;
  for (const [ending, other] of endings) {
    if (!word.endsWith(ending)) continue;
    const stem = word.slice(0, -ending.length) + other;
    if (
      stem.length >= 3 &&
      (set.has(stem) || (stem.length > 3 && stem.at(-1) === stem.at(-2) && set.has(stem.slice(0, -1))))
    )
      return true;
  }
  return false;
}
