import { isGroup } from '../recognizers/groups.js';
import { kinds, type Tokens } from './tokens.js';
import { functionWords, hashWord, isKnown, type WordSet } from './words.js';

/** Rows of the weight table; a feature is a number below. */
export const rowBits = 18;
/** Features a token has. */
export const perToken = 30;

const set = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const titles = set(
  'mr mrs ms dr miss mister prof professor sir lady lord rev reverend madam madame herr frau monsieur señor señora dame father sister capt captain sgt lt col gen judge senator president',
);
const companyWords = set(
  'inc llc ltd corp corporation plc gmbh ag sa co company companies limited group holdings partners associates labs bank oy ab spa solutions systems technologies technology software analytics insurance investments capital finance financial energy power logistics media networks consulting research health markets resources ventures foods motors airlines pharma robotics data studios industries trading realty university institute foundation records pictures services international enterprises',
);
const streetWords = set(
  'street st str avenue ave road rd lane ln drive dr court ct place pl boulevard blvd way terrace crescent close square squares gardens grove parkway trail circle alley row highway mews hill rise view walk loop path extension extensions junction manor heights crossing ridge plaza parks park green rue calle via viale piazza corso avenida paseo rua travessa ulica ul trg strada camino u utca út tér köz ulitsa apt suite unit flat room ste floor box psc cmr apo dpo fpo po postbox postfach corner weg allee platz gasse sokak',
);
const streetEnd =
  /(?:stra(?:ß|ss)e|gasse|weg|platz|allee|straat|laan|gracht|vej|vejen|gade|vegen|veien|gata|gatan|vägen|katu|tie|stræti|gatve|damm|ufer)$/;
const times = set(
  'january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday jan feb mar apr jun jul aug sep sept oct nov dec',
);

const flag = {
  known: 1,
  role: 2,
  place: 4,
  title: 8,
  company: 16,
  street: 32,
  group: 64,
  time: 128,
  given: 0x800,
  family: 0x1000,
  compound: 0x4000,
} as const;

/** Words remembered. */
const mostWords = 1 << 15;

interface Word {
  readonly low: string;
  readonly hash: number;
  readonly looks: number;
  readonly end: number;
}

/** Numbers that describe tokens, for the weight table. */
export class Features {
  /** Rows of token i at i * perToken; not set where `active` is 0. */
  rows = new Int32Array(0);
  /** 0 for tokens in the midst of common words in small letters, which are never names: half the work is saved. */
  active = new Uint8Array(0);
  readonly #words = new Map<string, Word>();

  constructor(
    readonly known: WordSet,
    readonly places: WordSet,
    readonly given: WordSet,
    readonly family: WordSet,
  ) {}

  /** Describes tokens from (inclusive) to (exclusive) of a text. Words of `hidden` tokens are not looked at: training does without them now and then. */
  describe(text: string, tokens: Tokens, from: number, to: number, hidden?: Uint8Array): void {
    const n = to - from;
    if (this.rows.length < n * perToken) {
      this.rows = new Int32Array(n * perToken * 2);
      this.active = new Uint8Array(n * 2);
    }
    const word = new Int32Array(n + 6);
    const look = new Int32Array(n + 6);
    const ends = new Int32Array(n);
    const lower: string[] = [];
    let capitals = 0;
    let letters = 0;
    // Three places of padding on either side: what lies outside is a word and look of its own.
    word.fill(-7);
    look.fill(-7);
    for (let i = 0; i < n; i++) {
      const token = text.slice(tokens.start[from + i], tokens.end[from + i]);
      const kind = tokens.kind[from + i];
      // Whether it stands right at the token before: half of an identifier, as a rule.
      const glued = from + i > 0 && tokens.end[from + i - 1] === tokens.start[from + i] ? 0x2000 : 0;
      if (kind === kinds.number) {
        lower.push('#');
        word[i + 3] = 1000 + token.length;
        look[i + 3] = 8 + Math.min(token.length, 6) + glued;
        continue;
      }
      if (kind === kinds.line) {
        const blank = token.indexOf('\n') !== token.lastIndexOf('\n');
        lower.push('\n');
        word[i + 3] = blank ? 2 : 1;
        look[i + 3] = blank ? 2 : 1;
        continue;
      }
      if (kind === kinds.sign) {
        lower.push(token);
        word[i + 3] = 2000 + token.charCodeAt(0);
        look[i + 3] = '.,:;-()"\'!?>/&@'.includes(token) ? 16 + '.,:;-()"\'!?>/&@'.indexOf(token) : 3;
        continue;
      }
      const { low, hash, looks, end } = this.#word(token);
      lower.push(low);
      letters++;
      if (token !== low) capitals++;
      word[i + 3] = hash;
      look[i + 3] = looks + glued;
      ends[i] = end;
    }
    this.#markPlaces(lower, look);
    if (hidden) {
      for (let i = 0; i < n; i++) if (hidden[from + i] === 1) word[i + 3] = ends[i] = -9;
    }
    // Texts without capitals, and texts in capitals only, are worlds of their own.
    const world = letters === 0 ? 0 : capitals === 0 ? 1 : capitals / letters > 0.8 && letters > 3 ? 2 : 3;
    this.#markActive(n, look, world);
    this.#fill(n, word, look, ends, lower, world);
  }

  /** What a word is by itself, remembered for words that come again. */
  #word(token: string): Word {
    let found = this.#words.get(token);
    if (found) return found;
    const low = token.toLowerCase();
    const upper = token !== low;
    // Shape: lower, Capital, ALL, one letter, mIxed; what lists say of the word.
    const shape = !upper
      ? 0
      : token.length === 1
        ? 3
        : token === token.toUpperCase()
          ? 2
          : token.slice(1) === low.slice(1)
            ? 1
            : 4;
    let flags = 0;
    if (functionWords.has(low)) flags |= flag.known | flag.role;
    else if (isKnown(this.known, low)) flags |= flag.known;
    if (titles.has(low)) flags |= flag.title;
    if (companyWords.has(low)) flags |= flag.company;
    if (streetWords.has(low) || streetEnd.test(low)) flags |= flag.street;
    if (times.has(low)) flags |= flag.time;
    if (isGroup(token)) flags |= flag.group;
    if ((flags & flag.known) === 0 && low.length >= 7 && isCompound(this.known, low)) flags |= flag.compound;
    if (low.length > 1) {
      if (this.given.has(low)) flags |= flag.given;
      if (this.family.has(low)) flags |= flag.family;
    }
    found = { low, hash: hashWord(low), looks: 64 + shape * 256 + flags, end: hashWord(low.slice(-3)) };
    // Bounded: a text of ever new words must not fill the memory.
    if (this.#words.size >= mostWords) this.#words.clear();
    this.#words.set(token, found);
    return found;
  }

  #markPlaces(lower: readonly string[], look: Int32Array): void {
    for (let i = 0; i < lower.length; i++) {
      if ((look[i + 3] & 0x1fff) < 64) continue;
      let joined = lower[i];
      let length = functionWords.has(joined) ? 0 : this.places.has(joined) && joined.length > 2 ? 1 : 0;
      for (let k = 1; k < 4 && i + k < lower.length && (look[i + k + 3] & 0x1fff) >= 64; k++) {
        joined += ` ${lower[i + k]}`;
        if (this.places.has(joined)) length = k + 1;
      }
      for (let k = 0; k < length; k++) look[i + k + 3] |= flag.place;
    }
  }

  #markActive(n: number, look: Int32Array, world: number): void {
    const { active } = this;
    active.fill(world === 3 ? 0 : 1, 0, n);
    if (world !== 3) return;
    for (let i = 0; i < n; i++) {
      const l = look[i + 3];
      // Signs and small words that the dictionary knows call for no look; all others for one at their neighbours too.
      const plain =
        l < 8
          ? l === 3
          : (l >= 16 && l < 64) || (l >= 64 && (l & 0xff00) === 0 && (l & (flag.known | 0xfc)) === flag.known);
      if (!plain) active.fill(1, Math.max(0, i - 2), Math.min(n, i + 3));
    }
  }

  #fill(
    n: number,
    word: Int32Array,
    look: Int32Array,
    ends: Int32Array,
    lower: readonly string[],
    world: number,
  ): void {
    const { rows } = this;
    let lineStart = 0;
    let previousLine = -7;
    let lineLength = lengthOfLine(lower, 0);
    for (let i = 0; i < n; i++) {
      if (lower[i] === '\n' && i + 1 < n) {
        previousLine = look[lineStart + 3];
        lineStart = i + 1;
        lineLength = lengthOfLine(lower, i + 1);
      }
      if (this.active[i] === 0) continue;
      const at = i * perToken;
      const j = i + 3;
      const w = word[j];
      const l = look[j] + world * 0x10000;
      rows[at + 0] = mix(0, w, l & 0xff00, 0);
      rows[at + 1] = mix(1, word[j - 1], 0, 0);
      rows[at + 2] = mix(2, word[j + 1], 0, 0);
      rows[at + 3] = mix(3, word[j - 2], word[j - 1], l);
      rows[at + 4] = mix(4, word[j + 1], word[j + 2], l);
      rows[at + 5] = mix(5, word[j - 1], word[j + 1], l);
      rows[at + 6] = mix(6, l, 0, 0);
      rows[at + 7] = mix(7, look[j - 1], l, 0);
      rows[at + 8] = mix(8, l, look[j + 1], 0);
      rows[at + 9] = mix(9, look[j - 1], l, look[j + 1]);
      rows[at + 10] = mix(10, ends[i], l, 0);
      rows[at + 11] = mix(11, w, word[j - 1], 0);
      rows[at + 12] = mix(12, w, word[j + 1], 0);
      rows[at + 13] = mix(13, word[j - 1], l, 0);
      rows[at + 14] = mix(14, word[j + 1], l, 0);
      rows[at + 15] = mix(15, look[j - 2], look[j - 1], l);
      rows[at + 16] = mix(16, l, look[j + 1], look[j + 2]);
      rows[at + 17] = mix(17, word[j - 2], l, 0);
      rows[at + 18] = mix(18, word[j + 2], l, 0);
      rows[at + 19] = mix(19, word[j - 3], l, 0);
      rows[at + 20] = mix(20, word[j + 3], l, 0);
      rows[at + 21] = mix(21, look[j - 2], word[j - 1], l);
      rows[at + 22] = mix(22, l, word[j + 1], look[j + 2]);
      const first = i === lineStart ? 1 : i === lineStart + 1 ? 2 : 0;
      rows[at + 23] = mix(23, first, l, Math.min(lineLength, 6));
      rows[at + 24] = mix(24, first, l, previousLine);
      rows[at + 25] = mix(25, word[lineStart + 3], l, first);
      rows[at + 26] = mix(26, look[j - 3], (look[j - 2] << 10) ^ look[j - 1], l);
      rows[at + 27] = mix(27, l, (look[j + 1] << 10) ^ look[j + 2], look[j + 3]);
      rows[at + 28] = mix(28, word[j - 3], word[j - 2], word[j - 1]);
      rows[at + 29] = mix(29, word[j + 1], word[j + 2], word[j + 3]);
    }
  }
}

/** Whether an unknown word is two known ones written together: companies like such names. */
function isCompound(known: WordSet, word: string): boolean {
  for (let i = 3; i <= word.length - 4 && i < 14; i++) {
    if (!known.has(word.slice(0, i))) continue;
    const rest = word.slice(i);
    if (known.has(rest) || (rest.endsWith('s') && known.has(rest.slice(0, -1)))) return true;
  }
  return false;
}

/** A row for feature f of three numbers. */
function mix(f: number, a: number, b: number, c: number): number {
  let hash = Math.imul(a ^ (f + 1), 0x9e3779b1) ^ Math.imul(b + 0x7f4a7c15, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15) ^ Math.imul(c + f * 0x51ed27, 0xc2b2ae35), 0x21f0aaad);
  return (hash ^ (hash >>> 13)) >>> (32 - rowBits);
}

function lengthOfLine(lower: readonly string[], from: number): number {
  let n = 0;
  while (from + n < lower.length && lower[from + n] !== '\n' && n < 12) n++;
  return n;
}
