import { identityGroups, negativeWords, occupations, pronouns } from './groups.js';

/** A ratio of two rates with its 95 % interval (Katz et al. 1978: normal on the logarithm; 0.5 added where a count is 0). */
export interface RateRatio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** Ratio of a of n to b of m. */
export function rateRatio(a: number, n: number, b: number, m: number): RateRatio {
  const add = a === 0 || b === 0 || a === n || b === m ? 0.5 : 0;
  const [x, y, nx, ny] = [a + add, b + add, n + 2 * add, m + 2 * add];
  if (nx === 0 || ny === 0) return { ratio: Number.NaN, low: 0, high: Number.POSITIVE_INFINITY };
  const ratio = x / nx / (y / ny);
  const error = Math.sqrt(Math.max(0, 1 / x - 1 / nx + 1 / y - 1 / ny));
  return { ratio, low: ratio * Math.exp(-1.96 * error), high: ratio * Math.exp(1.96 * error) };
}

export interface GroupRemoval {
  readonly group: string;
  /** Documents that mention the group, and those of them that were removed. */
  readonly documents: number;
  readonly removed: number;
  readonly rate: number;
  /** Against documents that do not mention it. */
  readonly against: RateRatio;
  /** True where the interval of the ratio leaves out 1: the filter treats the group otherwise. */
  readonly differs: boolean;
}

/** Counts what a filter removes, by the groups of people that documents mention. */
export class RemovalByGroup {
  #documents = 0;
  #removed = 0;
  readonly #groups = new Map<string, [documents: number, removed: number]>();

  add(text: string, removed: boolean): void {
    this.#documents++;
    if (removed) this.#removed++;
    const lower = text.toLowerCase();
    for (const [group, pattern] of Object.entries(identityGroups)) {
      if (!pattern.test(lower)) continue;
      const counts = this.#groups.get(group) ?? [0, 0];
      counts[0]++;
      if (removed) counts[1]++;
      this.#groups.set(group, counts);
    }
  }

  report(): { readonly documents: number; readonly removed: number; readonly groups: readonly GroupRemoval[] } {
    const groups = [...this.#groups].map(([group, [documents, removed]]) => {
      const against = rateRatio(removed, documents, this.#removed - removed, this.#documents - documents);
      return {
        group,
        documents,
        removed,
        rate: removed / documents,
        against,
        differs: against.low > 1 || against.high < 1,
      };
    });
    groups.sort((a, b) => b.documents - a.documents);
    return { documents: this.#documents, removed: this.#removed, groups };
  }
}

export interface GroupAssociation {
  readonly group: string;
  readonly sentences: number;
  /** Sentences with a negative word, and their rate against sentences that mention no group. */
  readonly negative: number;
  readonly negativeAgainst: RateRatio;
  /** Sentences that the caller's judge finds toxic, likewise. */
  readonly toxic: number;
  readonly toxicAgainst: RateRatio;
}

export interface OccupationBalance {
  readonly occupation: string;
  /** Sentences with it that have a male or a female pronoun, but not both. */
  readonly male: number;
  readonly female: number;
  /** Share of female ones, with Wilson's 95 % interval. */
  readonly femaleShare: number;
  readonly low: number;
  readonly high: number;
}

export interface BiasReport {
  readonly sentences: number;
  readonly pronouns: {
    readonly female: number;
    readonly male: number;
    readonly neutral: number;
    readonly femaleShare: number;
  };
  readonly groups: readonly GroupAssociation[];
  readonly occupations: readonly OccupationBalance[];
}

/** Interval of a share (Wilson 1927), 95 %. */
export function wilson(count: number, of: number): readonly [low: number, high: number] {
  if (of === 0) return [0, 1];
  const z = 1.96;
  const share = count / of;
  const centre = share + (z * z) / (2 * of);
  const half = z * Math.sqrt((share * (1 - share)) / of + (z * z) / (4 * of * of));
  return [(centre - half) / (1 + (z * z) / of), (centre + half) / (1 + (z * z) / of)];
}

const occupationPattern = new RegExp(`\\b(${occupations.join('|')})s?\\b`, 'g');
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

/** Measures how a corpus speaks of groups of people: words beside their names, pronouns, occupations. */
export class BiasMeter {
  readonly #isToxic: (sentence: string) => boolean;
  #sentences = 0;
  readonly #plain = { sentences: 0, negative: 0, toxic: 0 };
  readonly #groups = new Map<string, { sentences: number; negative: number; toxic: number }>();
  readonly #pronouns = { female: 0, male: 0, neutral: 0 };
  readonly #occupations = new Map<string, { male: number; female: number }>();

  /** `isToxic` judges a sentence; none is toxic by default. */
  constructor(isToxic: (sentence: string) => boolean = () => false) {
    this.#isToxic = isToxic;
  }

  add(text: string): void {
    for (const part of text.toLowerCase().split(/(?<=[.!?…])\s+|\n+/)) {
      if (part.trim() === '') continue;
      const sentence = part.length > 5000 ? part.slice(0, 5000) : part;
      this.#sentences++;
      const female = count(sentence, pronouns.female);
      const male = count(sentence, pronouns.male);
      this.#pronouns.female += female;
      this.#pronouns.male += male;
      this.#pronouns.neutral += count(sentence, pronouns.neutral);
      if (female > 0 !== male > 0) {
        for (const [, occupation] of sentence.matchAll(occupationPattern)) {
          const balance = this.#occupations.get(occupation!) ?? { male: 0, female: 0 };
          balance[female > 0 ? 'female' : 'male']++;
          this.#occupations.set(occupation!, balance);
        }
      }
      const negative = sentence.split(/[^a-z'-]+/).some((word) => negativeWords.has(word)) ? 1 : 0;
      const toxic = this.#isToxic(sentence) ? 1 : 0;
      let mentioned = false;
      for (const [group, pattern] of Object.entries(identityGroups)) {
        if (!pattern.test(sentence)) continue;
        mentioned = true;
        const counts = this.#groups.get(group) ?? { sentences: 0, negative: 0, toxic: 0 };
        counts.sentences++;
        counts.negative += negative;
        counts.toxic += toxic;
        this.#groups.set(group, counts);
      }
      if (!mentioned) {
        this.#plain.sentences++;
        this.#plain.negative += negative;
        this.#plain.toxic += toxic;
      }
    }
  }

  report(): BiasReport {
    const plain = this.#plain;
    const groups = [...this.#groups].map(([group, { sentences, negative, toxic }]) => ({
      group,
      sentences,
      negative,
      negativeAgainst: rateRatio(negative, sentences, plain.negative, plain.sentences),
      toxic,
      toxicAgainst: rateRatio(toxic, sentences, plain.toxic, plain.sentences),
    }));
    groups.sort((a, b) => b.sentences - a.sentences);
    const balances = [...this.#occupations].map(([occupation, { male, female }]) => {
      const [low, high] = wilson(female, male + female);
      return { occupation, male, female, femaleShare: female / (male + female), low, high };
    });
    balances.sort((a, b) => b.male + b.female - a.male - a.female);
    const { female, male } = this.#pronouns;
    return {
      sentences: this.#sentences,
      pronouns: { ...this.#pronouns, femaleShare: female + male === 0 ? Number.NaN : female / (female + male) },
      groups,
      occupations: balances,
    };
  }
}
