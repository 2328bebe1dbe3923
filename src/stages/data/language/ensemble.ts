import type { Evidence, Judge } from './judge.js';
import { type Script, notLatin, scriptLanguages } from './scripts.js';

/** How one judge's evidence counts. Differences are nats of its score between a language and the judge's favourite. */
export interface Weights {
  /** Weight of the mean difference per feature, times min(features, `most`)^`power`. */
  readonly weight: number;
  readonly power: number;
  readonly most: number;
  /** Nats that a language loses which the judge does not know, and one that it knows by its relatives only. */
  readonly unknown: number;
  readonly near: number;
}

/**
 * A log-linear pool of the judges (Genest and Zidek, "Combining probability distributions", 1986). The numbers were fitted
 * by the log-loss on translated program messages and manual pages of Debian 12; the Declaration counted a tenth beside them,
 * for the languages that nothing else is at hand for.
 */
export const defaultPool: Readonly<Record<'subwords' | 'byteNgrams' | 'trigrams', Weights>> = {
  subwords: { weight: 0.75, power: 0, most: 1, unknown: 3.8, near: 2.4 },
  byteNgrams: { weight: 0.035, power: 0.6, most: 100, unknown: 2, near: 0.6 },
  trigrams: { weight: 0.5, power: 0.7, most: 300, unknown: 5, near: 0.22 },
};
/** One judge never says more than this against a language, in nats: it may simply not know such text. */
const most = 9;

/** Whose score a language takes where a judge knows it only under another name, or under another name as well. */
const stands: Readonly<Record<string, readonly string[]>> = {
  nn: ['nb'],
  id: ['ms'],
  ms: ['id'],
  bs: ['hbs', 'hr'],
  hr: ['hbs'],
  sr: ['hbs'],
  ckb: ['ku'],
};
/** Relatives so close that a judge who does not know the language hears one of these, the nearest first. */
const relatives: Readonly<Record<string, readonly string[]>> = (() => {
  const of: Record<string, string[]> = {};
  const add = (known: string, ...others: string[]): void => {
    for (const other of others) (of[other] ??= []).push(known);
  };
  add('pt', 'gl', 'mwl', 'kea', 'pov', 'pap');
  add('es', 'gl', 'ast', 'an', 'lad', 'ext', 'cbk', 'io', 'ie', 'ia', 'eo', 'gn', 'qu', 'ay');
  add('ca', 'oc', 'an');
  add('fr', 'oc', 'wa', 'pcd', 'frp', 'br', 'ht', 'crs', 'gcf', 'ln', 'sg', 'wo');
  add('it', 'co', 'sc', 'scn', 'lmo', 'pms', 'vec', 'lij', 'nap', 'egl', 'fur', 'rm', 'la', 'ia', 'mt');
  add('nl', 'af', 'li', 'fy', 'vls', 'nds', 'zea');
  add('de', 'nds', 'lb', 'bar', 'gsw', 'pfl', 'li');
  add('da', 'fo');
  add('is', 'fo');
  add('en', 'sco', 'pcm', 'kri', 'tpi', 'bi', 'pis', 'jam', 'ang', 'gd', 'ga', 'cy', 'gv', 'kw');
  add('tr', 'crh', 'tk', 'gag', 'tt', 'uz', 'ku');
  add('tt', 'az', 'uz', 'tk');
  add('az', 'tk', 'crh', 'azb');
  add('pl', 'szl', 'csb', 'hsb', 'dsb');
  add('cs', 'hsb', 'dsb');
  add('fi', 'krl', 'vep', 'olo', 'et');
  add('ms', 'jv', 'su', 'min', 'ban', 'mad', 'bug', 'ace', 'mg', 'bjn');
  add('tl', 'ceb', 'hil', 'war', 'pam', 'bcl', 'ilo');
  add('bg', 'mk');
  add('uk', 'rue');
  add(
    'ru',
    'rue',
    'kk',
    'ky',
    'tt',
    'ba',
    'cv',
    'ce',
    'os',
    'av',
    'kv',
    'mhr',
    'mrj',
    'myv',
    'sah',
    'tyv',
    'bxr',
    'krc',
  );
  add('ru', 'tg', 'mn', 'xal', 'ab', 'lez', 'kjh', 'alt', 'uz', 'az', 'koi', 'tk');
  add('ar', 'arz', 'sd', 'ug');
  add('fa', 'prs', 'ps', 'mzn', 'lrc', 'azb', 'sd', 'ug');
  add('ur', 'pnb', 'skr', 'sd', 'ks');
  add('hi', 'mai', 'bho', 'mag', 'ne', 'sa', 'dty', 'gom', 'new');
  add('mr', 'gom', 'sa');
  add('bn', 'as', 'bpy');
  add('am', 'ti');
  add('he', 'yi', 'lad');
  add('ka', 'xmf');
  add('zh', 'yue', 'wuu');
  return of;
})();

/** In Latin letters the judges' Croatian and Serbo-Croatian are Bosnian and Serbian as well. */
const latinStands: Readonly<Record<string, readonly string[]>> = { ...stands, sr: ['hbs', 'hr'] };
/** Names that add to a language's own score: whichever is higher counts. */
const shared: ReadonlySet<string> = new Set(['hbs']);

/** Languages that a judge knows in another script only. */
function foreignTo(judge: Judge, script: Script): readonly string[] {
  if (judge.name === 'byte n-grams' && script === 'Latin') return ['ku', 'sr'];
  if (judge.name !== 'trigrams' && script === 'Cyrillic') return ['az', 'uz', 'bs', 'tk'];
  return [];
}

/** Small or made languages whose models take in whatever is like nothing else. */
const constructed = { ia: -1, ie: -1, io: -1, vo: -1.5, jbo: -1.5, frr: -1, hif: -1, zza: -1 };

/** Nats for what the judges cannot tell: the rarer of names that share a text take less. */
const priors: Readonly<Partial<Record<Script, Readonly<Record<string, number>>>>> = {
  Latin: { bs: -1, sr: -0.7, nn: -1, gag: -2, gl: -0.3, af: -0.3, ...constructed },
  Cyrillic: { mk: -0.7 },
};

/** Languages among which a judge's differences count for less: fastText takes much Bokmål for Danish. */
const doubted: ReadonlyArray<{
  readonly judge: string;
  readonly languages: readonly string[];
  readonly share: number;
}> = [{ judge: 'fastText', languages: ['nb', 'nn', 'da'], share: 0.4 }];

interface Column {
  readonly judge: Judge;
  /** Place of each candidate among the judge's languages, or -1. */
  readonly places: Int32Array;
  /** Place of the name whose score counts where it is higher, or -1. */
  readonly seconds: Int32Array;
  /** Places of relatives, where the judge does not know the language. */
  readonly kin: readonly (readonly number[])[];
  readonly weights: Weights;
}

/** Judges joined for the languages of one script. */
export class Ensemble {
  readonly languages: readonly string[];
  readonly #columns: readonly Column[];
  /** Per judge: places of candidates among which it is doubted. */
  readonly #doubts: ReadonlyArray<ReadonlyArray<{ readonly languages: readonly number[]; readonly share: number }>>;

  constructor(script: Script, judges: readonly (readonly [Judge, Weights])[], among?: ReadonlySet<string>) {
    const found = new Set<string>();
    for (const [judge] of judges) for (const language of judge.languages) found.add(language);
    const listed = new Set(scriptLanguages[script] ?? []);
    const trigrams = judges.find(([judge]) => judge.name === 'trigrams')?.[0];
    for (const language of trigrams?.languages ?? []) listed.add(language);
    if (script === 'Latin') for (const language of found) if (!notLatin.has(language)) listed.add(language);
    listed.delete('hbs');
    this.languages = [...listed].filter((language) => among?.has(language) ?? true);
    this.priors = Float64Array.from(this.languages, (language) => priors[script]?.[language] ?? 0);
    this.#doubts = judges.map(([judge]) =>
      doubted
        .filter((doubt) => doubt.judge === judge.name)
        .map(({ languages, share }) => ({
          languages: languages.map((code) => this.languages.indexOf(code)).filter((i) => i >= 0),
          share,
        })),
    );
    this.#columns = judges.map(([judge, weights]) => {
      const others = script === 'Latin' ? latinStands : stands;
      const foreign = (name: string): boolean => foreignTo(judge, script).includes(name);
      const placeOf = (names: readonly string[]): number =>
        names.map((name) => (foreign(name) ? -1 : judge.languages.indexOf(name))).find((place) => place >= 0) ?? -1;
      const places = Int32Array.from(this.languages, (language) => placeOf([language, ...(others[language] ?? [])]));
      const seconds = Int32Array.from(this.languages, (language) =>
        placeOf((others[language] ?? []).filter((name) => shared.has(name))),
      );
      // Relatives: the highest of their scores.
      const kin = this.languages.map((language, i) =>
        places[i]! >= 0 ? [] : (relatives[language] ?? []).map((name) => placeOf([name])).filter((place) => place >= 0),
      );
      return { judge, places, seconds, kin, weights };
    });
  }

  /** Nats of each candidate before any evidence. */
  readonly priors: Float64Array;

  /** What each judge says of a piece of text. */
  weigh(text: string): readonly Evidence[] {
    return this.#columns.map(({ judge }) => judge.weigh(text));
  }

  /** Adds up evidence of pieces of one text. */
  static add(pieces: readonly (readonly Evidence[])[]): readonly Evidence[] {
    if (pieces.length === 1) return pieces[0]!;
    return pieces[0]!.map((first, judge) => {
      const scores = new Float64Array(first.scores.length);
      let features = 0;
      for (const piece of pieces) {
        const { scores: more, features: count } = piece[judge]!;
        features += count;
        for (let i = 0; i < scores.length; i++) scores[i]! += more[i]!;
      }
      return { scores, features };
    });
  }

  /** Probability of each candidate, given the judges' evidence. */
  probabilities(evidence: readonly Evidence[]): Float64Array {
    const total = Float64Array.from(this.priors);
    const n = total.length;
    const own = new Float64Array(n);
    this.#columns.forEach(({ places, seconds, kin, weights }, judge) => {
      const { scores, features } = evidence[judge]!;
      let best = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < n; i++) {
        const place = places[i]!;
        if (place < 0) continue;
        const second = seconds[i]!;
        own[i] = second < 0 ? scores[place]! : Math.max(scores[place]!, scores[second]!);
        best = Math.max(best, own[i]!);
      }
      if (best === Number.NEGATIVE_INFINITY || features === 0) return;
      for (const { languages, share } of this.#doubts[judge]!) {
        // Only where the judge's favourite is one of them.
        if (!languages.some((i) => own[i] === best)) continue;
        for (const i of languages) own[i] = best + share * (own[i]! - best);
      }
      const scale = (weights.weight * Math.min(features, weights.most) ** weights.power) / features;
      for (let i = 0; i < n; i++) {
        if (places[i]! >= 0) total[i]! += Math.max(-most, scale * (own[i]! - best));
        else if (kin[i]!.length > 0) {
          let nearest = Number.NEGATIVE_INFINITY;
          for (const place of kin[i]!) nearest = Math.max(nearest, scores[place]!);
          total[i]! += Math.max(-most, scale * Math.min(0, nearest - best)) - weights.near;
        } else total[i]! -= weights.unknown;
      }
    });
    let best = Number.NEGATIVE_INFINITY;
    for (const value of total) best = Math.max(best, value);
    let sum = 0;
    for (let i = 0; i < n; i++) sum += total[i] = Math.exp(total[i]! - best);
    for (let i = 0; i < n; i++) total[i]! /= sum;
    return total;
  }
}
