/** Scripts that tell languages apart, in Unicode's names; a place in this list is the script's number. */
export const scripts = [
  'Common',
  'Latin',
  'Cyrillic',
  'Arabic',
  'Devanagari',
  'Hebrew',
  'Ethiopic',
  'Myanmar',
  'Tibetan',
  'Canadian_Aboriginal',
  'Bengali',
  'Georgian',
  'Han',
  'Kana',
  'Hangul',
  'Greek',
  'Armenian',
  'Gurmukhi',
  'Gujarati',
  'Oriya',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Thai',
  'Lao',
  'Khmer',
  'Thaana',
  'Cherokee',
  'Yi',
  'Vai',
  'Tifinagh',
  'Syriac',
  'Nko',
  'Ol_Chiki',
  'Other',
] as const;

export type Script = (typeof scripts)[number];

/** Languages of scripts that few write in; of the others, those of the three judges. */
export const scriptLanguages: Readonly<Partial<Record<Script, readonly string[]>>> = {
  Greek: ['el'],
  Armenian: ['hy'],
  Gurmukhi: ['pa'],
  Gujarati: ['gu'],
  Oriya: ['or'],
  Tamil: ['ta'],
  Telugu: ['te'],
  Kannada: ['kn'],
  Malayalam: ['ml'],
  Sinhala: ['si'],
  Thai: ['th'],
  Lao: ['lo'],
  Khmer: ['km'],
  Thaana: ['dv'],
  Cherokee: ['chr'],
  Yi: ['ii'],
  Vai: ['vai'],
  Tifinagh: ['zgh'],
  Syriac: ['aii'],
  Nko: ['nqo'],
  Ol_Chiki: ['sat'],
  Hangul: ['ko'],
  Kana: ['ja'],
  Han: ['zh', 'yue', 'wuu'],
  Bengali: ['bn', 'as', 'bpy'],
  Georgian: ['ka', 'xmf'],
  Hebrew: ['he', 'yi', 'lad'],
  Ethiopic: ['am', 'ti'],
  Tibetan: ['bo', 'dz'],
  Myanmar: ['my', 'shn', 'mnw'],
  Devanagari: ['hi', 'mr', 'ne', 'sa', 'bho', 'mai', 'mag', 'gom', 'dty', 'new'],
  Arabic: ['ar', 'arz', 'fa', 'ur', 'ps', 'sd', 'ug', 'ckb', 'azb', 'mzn', 'lrc', 'pnb', 'skr', 'prs', 'ms', 'ks'],
  Cyrillic: [
    ...['ru', 'uk', 'be', 'bg', 'mk', 'sr', 'bs', 'kk', 'ky', 'mn', 'tg', 'tt', 'ba', 'cv', 'os', 'ce', 'av', 'kv'],
    ...['mhr', 'mrj', 'myv', 'sah', 'xal', 'tyv', 'bxr', 'krc', 'lez', 'rue', 'uz', 'az', 'tk'],
  ],
};

/** Languages of fastText and eld that are never written in Latin letters, or hardly ever. */
export const notLatin: ReadonlySet<string> = new Set(
  Object.entries(scriptLanguages)
    .flatMap(([, languages]) => languages)
    .filter((code) => !['sr', 'bs', 'uz', 'az', 'tk', 'lad', 'ms', 'kv'].includes(code)),
);

let table: Uint8Array | undefined;

/** Script of every character of the basic plane: built once, in about 30 ms. */
function scriptTable(): Uint8Array {
  if (table) return table;
  const places = new Uint8Array(65536);
  let all = '';
  // Surrogates stay Common here: pairs are looked at where they occur.
  for (let i = 0; i < 65536; i++) all += i >= 0xd800 && i < 0xe000 ? ' ' : String.fromCharCode(i);
  for (let i = 0; i < scripts.length; i++) {
    const name = scripts[i]!;
    if (name === 'Common' || name === 'Other') continue;
    const pattern = name === 'Kana' ? '[\\p{sc=Hiragana}\\p{sc=Katakana}]+' : `\\p{sc=${name}}+`;
    for (const match of all.matchAll(new RegExp(pattern, 'gu'))) {
      places.fill(i, match.index, match.index + match[0].length);
    }
  }
  const other = scripts.indexOf('Other');
  for (const match of all.matchAll(/\p{L}/gu)) if (places[match.index] === 0) places[match.index] = other;
  table = places;
  return places;
}

export interface ScriptCounts {
  /** Letters and marks of each script; `Common` counts none. */
  readonly counts: Uint32Array;
  readonly letters: number;
  /** UTF-16 units that are neither white space nor letters: digits, punctuation, symbols. */
  readonly others: number;
}

/** Counts the letters of each script. Han beyond the basic plane counts as Han, emoji as nothing. */
export function countScripts(text: string): ScriptCounts {
  const places = scriptTable();
  const counts = new Uint32Array(scripts.length);
  const han = scripts.indexOf('Han');
  let letters = 0;
  let others = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) {
      const point = text.codePointAt(i)!;
      if (point >= 0x20000 && point < 0x32000) {
        counts[han]!++;
        letters++;
      } else others++;
      i++;
      continue;
    }
    const script = places[unit]!;
    if (script > 0) {
      counts[script]!++;
      letters++;
    } else if (unit > 32 && unit !== 0xa0) others++;
  }
  return { counts, letters, others };
}

/** How much a letter says: a Chinese character stands for a syllable or a word, and foreign words are mostly in Latin letters. */
const weights = scripts.map((name) =>
  name === 'Latin' ? 1 : name === 'Han' ? 3 : name === 'Hangul' || name === 'Kana' ? 2.5 : 1.6,
);

/** The script that most of a text is in. Kana among Han is Japanese: its share need not be the largest. */
export function mainScript({ counts, letters }: Pick<ScriptCounts, 'counts' | 'letters'>): Script {
  if (letters === 0) return 'Common';
  const kana = scripts.indexOf('Kana');
  const han = scripts.indexOf('Han');
  const both = counts[kana]! * weights[kana]! + counts[han]! * weights[han]!;
  let best = 1;
  for (let i = 1; i < counts.length; i++) if (counts[i]! * weights[i]! > counts[best]! * weights[best]!) best = i;
  if (both >= counts[best]! * weights[best]! && counts[kana]! > 0.08 * (counts[kana]! + counts[han]!)) return 'Kana';
  return scripts[best]!;
}

/** Share of a text's letters that are in a script, weighed as `mainScript` does; Japanese counts its Chinese characters. */
export function shareOf(counts: Uint32Array, script: Script): number {
  let [own, all] = [0, 0];
  for (let i = 1; i < counts.length; i++) {
    const weighed = counts[i]! * weights[i]!;
    all += weighed;
    if (scripts[i] === script || (script === 'Kana' && scripts[i] === 'Han')) own += weighed;
  }
  return all === 0 ? 0 : own / all;
}
