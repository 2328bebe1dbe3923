import { loadByteNgrams } from './byte-ngrams.js';
import { Ensemble, defaultPool } from './ensemble.js';
import type { Weights } from './ensemble.js';
import type { Evidence, Judge } from './judge.js';
import { type Script, countScripts, mainScript, scripts, shareOf } from './scripts.js';
import { loadSubwords } from './subwords.js';
import { loadTrigrams } from './trigrams.js';

export interface DetectedLanguage {
  /** ISO 639-1, else ISO 639-3; `und` where there is too little to tell. */
  readonly language: string;
  /** Probability that the text as a whole is in this language: low for mixtures, code, numbers and gibberish. */
  readonly score: number;
  /** ISO 15924's long name of the script of most letters, `Common` where there are none; `Kana` for Japanese. */
  readonly script: string;
  /** The next likeliest ones, where they have 1 % or more. */
  readonly others: ReadonlyArray<{ readonly language: string; readonly score: number }>;
}

export interface DetectorOptions {
  /** Table of eld that is read: `large` (default) is the most accurate. */
  readonly table?: 'extrasmall' | 'small' | 'medium' | 'large';
  /** Languages to choose among; default all. */
  readonly among?: readonly string[];
}

/** Letters of a window, and most windows of a text: long texts are looked at in places spread over them. */
const windowLength = 300;
/** An even number: the middle of a text that is half and half is in no window of its own. */
const mostWindows = 4;
/** A text from this length on is looked at in two parts, so that a mixture shows. */
const dividedFrom = 160;
const fewestLetters = 2;

/** Pieces of a text of at most `windowLength` units, cut at white space where there is any nearby. */
export function windowsOf(text: string): string[] {
  if (text.length < dividedFrom) return [text];
  const count = text.length <= 2 * windowLength ? 2 : mostWindows;
  const size = Math.min(windowLength, Math.ceil(text.length / count));
  const pieces: string[] = [];
  for (let i = 0; i < count; i++) {
    let from = i === 0 ? 0 : Math.floor((i * (text.length - size)) / (count - 1));
    let to = from + size;
    // To the next space, where one is near: a cut word is evidence for nothing.
    const space = i === 0 ? -1 : text.slice(from, from + 25).search(/\s/);
    if (space >= 0) from += space;
    const rest = to >= text.length ? -1 : text.slice(to, to + 25).search(/\s/);
    if (rest >= 0) to += rest;
    if (/[\uDC00-\uDFFF]/.test(text[from] ?? '')) from++;
    pieces.push(text.slice(from, to));
  }
  return pieces;
}

/** 0 below `low`, 1 above `high`, straight in between. */
const ramp = (x: number, low: number, high: number): number => Math.min(1, Math.max(0, (x - low) / (high - low)));

/** What gets in the way of reading: addresses, e-mail, mark-up, code-like words. */
const noise = /https?:\/\/\S+|www\.\S+|\S+@\S+\.\S+|<\/?[a-zA-Z][^<>]{0,200}>|&[a-z]{2,8};/g;

/**
 * Tells the language of a text from the script and from three sources of evidence, joined: fastText's lid.176 (176
 * languages), eld's byte n-grams (60) and franc's trigrams (400).
 */
export class LanguageDetector {
  readonly #judges: readonly (readonly [Judge, Weights])[];
  readonly #trigrams: ReadonlyMap<Script, Judge>;
  readonly #ensembles = new Map<Script, Ensemble>();
  readonly #among: ReadonlySet<string> | undefined;

  constructor(
    subwords: Judge,
    byteNgrams: Judge,
    trigrams: ReadonlyMap<Script, Judge>,
    { among }: Pick<DetectorOptions, 'among'> = {},
  ) {
    this.#judges = [
      [subwords, defaultPool.subwords],
      [byteNgrams, defaultPool.byteNgrams],
    ];
    this.#trigrams = trigrams;
    this.#among = among && new Set(among);
  }

  #ensemble(script: Script): Ensemble {
    let ensemble = this.#ensembles.get(script);
    if (!ensemble) {
      const trigrams = this.#trigrams.get(script);
      const judges = trigrams ? [...this.#judges, [trigrams, defaultPool.trigrams] as const] : this.#judges;
      this.#ensembles.set(script, (ensemble = new Ensemble(script, judges, this.#among)));
    }
    return ensemble;
  }

  /** Every language that can be answered. */
  get languages(): string[] {
    const all = new Set<string>();
    for (const script of scripts) for (const language of this.#ensemble(script).languages) all.add(language);
    return [...all].sort();
  }

  /** Language of a text of any length; at most some 1,200 characters are looked at, spread over it. */
  detect(text: string): DetectedLanguage {
    // Of a long text only the windows are cleaned.
    const isLong = text.length > 2000;
    const pieces = windowsOf(isLong ? text : text.replace(noise, ' ')).map((window) => {
      const piece = isLong ? window.replace(noise, ' ') : window;
      return { piece, counts: countScripts(piece) };
    });
    const whole = { counts: new Uint32Array(scripts.length), letters: 0, others: 0 };
    for (const { counts } of pieces) {
      for (let i = 0; i < scripts.length; i++) whole.counts[i]! += counts.counts[i]!;
      whole.letters += counts.letters;
      whole.others += counts.others;
    }
    const script = mainScript(whole);
    const ensemble = this.#ensemble(script);
    if (whole.letters < fewestLetters || ensemble.languages.length === 0) {
      return { language: 'und', score: 0, script, others: [] };
    }
    const weighed = pieces.map(({ piece, counts }) => ({
      counts,
      same: mainScript(counts) === script,
      evidence: ensemble.weigh(shouted(piece)),
    }));
    const told = weighed.filter(({ same }) => same);
    const joint = Ensemble.add((told.length > 0 ? told : weighed).map(({ evidence }) => evidence));
    const probabilities = ensemble.probabilities(joint);
    const order = highest(probabilities, 4);
    const best = order[0]!;
    const language = ensemble.languages[best]!;

    // Pieces that are clearly in another language or script.
    let foreign = 0;
    for (const { counts, same, evidence } of weighed) {
      if (!same) foreign += counts.letters;
      else if (weighed.length > 1) {
        const here = ensemble.probabilities(evidence);
        let top = 0;
        for (let i = 1; i < here.length; i++) if (here[i]! > here[top]!) top = i;
        if (top !== best && here[top]! > 0.8 && here[best]! < 0.1) foreign += counts.letters;
      }
    }
    const clean =
      (1 - foreign / whole.letters) *
      ramp(shareOf(whole.counts, script), 0.35, 0.75) *
      ramp(whole.letters / (whole.letters + whole.others), 0.4, 0.75) *
      this.#likeness(joint, ensemble, language, script, whole.letters);
    const round = (p: number): number => Math.round(p * 1e4) / 1e4;
    return {
      language,
      score: round(probabilities[best]! * clean),
      script,
      others: order
        .slice(1)
        .filter((i) => probabilities[i]! >= 0.01)
        .map((i) => ({ language: ensemble.languages[i]!, score: round(probabilities[i]! * clean) })),
    };
  }

  /** Whether it reads like the language at all: gibberish and identifiers have few of its frequent trigrams. */
  #likeness(
    evidence: readonly Evidence[],
    ensemble: Ensemble,
    language: string,
    script: Script,
    letters: number,
  ): number {
    const { hits, features } = evidence.at(-1)!;
    const place = this.#trigrams.get(script)?.languages.indexOf(language) ?? -1;
    if (!hits || place < 0 || ensemble.languages.length < 2) return 1;
    // A few words may well have none of them; the longer the text, the surer the count.
    const doubt = ramp(letters, 10, 40);
    return 1 - doubt * (1 - ramp(hits[place]! / Math.max(1, features), likeness[0], likeness[1]));
  }
}

/** Places of the `count` highest values, highest first. */
function highest(values: Float64Array, count: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (found.length === count && values[i]! <= values[found[count - 1]!]!) continue;
    let at = found.length;
    while (at > 0 && values[found[at - 1]!]! < values[i]!) at--;
    found.splice(at, 0, i);
    if (found.length > count) found.pop();
  }
  return found;
}

/** Share of trigrams among a language's 300 most frequent: natural text has 30 to 70 %, random letters about 5. */
const likeness = [0.1, 0.2] as const;

/** Text in capitals only is read as small letters: the judges know few capitals. */
function shouted(text: string): string {
  const capitals = text.match(/\p{Lu}/gu)?.length ?? 0;
  return capitals > 8 && capitals > (text.match(/\p{Ll}/gu)?.length ?? 0) ? text.toLowerCase() : text;
}

let loaded: Promise<readonly [Judge, Judge, ReadonlyMap<Script, Judge>]> | undefined;
let loadedTable = '';

/**
 * Loads the models that the packages `eld`, `fasttext.wasm.js` and `franc-all` bring: about a second and 60 MB, once a thread.
 *
 * @throws Unavailable where a package is missing or other than expected.
 */
export async function loadLanguageDetector({
  table = 'large',
  among,
}: DetectorOptions = {}): Promise<LanguageDetector> {
  if (!loaded || loadedTable !== table) {
    loadedTable = table;
    loaded = Promise.all([loadSubwords(), loadByteNgrams(table), loadTrigrams()]);
  }
  const [subwords, byteNgrams, trigrams] = await loaded;
  return new LanguageDetector(subwords, byteNgrams, trigrams, { among });
}
