import { InvalidInput } from '../../../base/core/index.js';
import { NearestIndex, normalize } from './nearest.js';
import type { WordVectors } from './word-vectors.js';

/** a is to b as c is to d. */
export interface AnalogySection {
  readonly name: string;
  readonly questions: readonly (readonly [a: string, b: string, c: string, d: string])[];
}

export interface AnalogyScore {
  readonly section: string;
  readonly correct: number;
  /** Questions all of whose words have vectors. */
  readonly asked: number;
  /** Questions left out because a word has none. */
  readonly unknown: number;
  /** correct / asked; 0 where nothing could be asked. */
  readonly accuracy: number;
}

export interface AnalogyOptions {
  /** Only the first so many words take part. Default 300,000. */
  readonly restrict?: number;
  /** Words are compared in upper case; of several spellings the first word counts. Default true. */
  readonly ignoreCase?: boolean;
}

/** Answers looked at for each question: the first one that is not a spelling of a word in the question counts. */
const answers = 5;

/**
 * Reads questions in the form of word2vec's `questions-words.txt`: four words a line, sections headed `: name`. Throws
 * `InvalidInput` that names the line.
 */
export function parseAnalogies(text: string): AnalogySection[] {
  const sections: { name: string; questions: [string, string, string, string][] }[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const words = line.split(/\s+/).filter((word) => word !== '');
    if (words.length === 0) continue;
    if (line.startsWith(':')) {
      sections.push({ name: line.slice(1).trim(), questions: [] });
      continue;
    }
    const section = sections.at(-1);
    if (words.length !== 4 || !section) {
      const expected = section ? 'four words' : 'a section (": name") before the first question';
      throw new InvalidInput(
        'vectors.analogies',
        `analogies line ${i + 1}: expected ${expected}, got ${JSON.stringify(line.slice(0, 80))}`,
        { line: i + 1 },
      );
    }
    section.questions.push(words as [string, string, string, string]);
  }
  return sections;
}

/** Words of a vocabulary under their spelling, or in upper case; the first of equal ones counts. */
export function spellings(
  words: readonly string[],
  restrict: number,
  ignoreCase: boolean,
): { fold: (word: string) => string; rows: Map<string, number> } {
  const fold = ignoreCase ? (word: string): string => word.toUpperCase() : (word: string): string => word;
  const rows = new Map<string, number>();
  for (let i = Math.min(restrict, words.length) - 1; i >= 0; i--) rows.set(fold(words[i]!), i);
  return { fold, rows };
}

/**
 * Accuracy on analogies by 3CosAdd: the word nearest to b - a + c of unit vectors, the three words left out (Mikolov et
 * al. 2013; counted as gensim counts). Returns one score a section, in order, and last the total.
 */
export function scoreAnalogies(
  vectors: WordVectors,
  sections: readonly AnalogySection[],
  { restrict = 300_000, ignoreCase = true }: AnalogyOptions = {},
): AnalogyScore[] {
  const index = new NearestIndex(vectors, restrict);
  const { fold, rows } = spellings(vectors.words, restrict, ignoreCase);
  const scores = sections.map((section) => {
    const asked = section.questions
      .map((question) => question.map((word) => rows.get(fold(word)) ?? -1))
      .filter((question) => question.every((row) => row >= 0)) as [number, number, number, number][];
    const queries = asked.map(([a, b, c]) => {
      const query = new Float32Array(vectors.dim);
      const [ua, ub, uc] = [index.unit(a), index.unit(b), index.unit(c)];
      for (let i = 0; i < query.length; i++) query[i] = ub[i]! - ua[i]! + uc[i]!;
      normalize(query);
      return query;
    });
    const exclude = (i: number): readonly number[] => asked[i]!.slice(0, 3);
    let correct = 0;
    for (const [i, found] of index.search(queries, { top: answers, exclude }).entries()) {
      const ignored = exclude(i).map((row) => fold(vectors.words[row]!));
      const answer = found.map(({ word }) => fold(word)).find((word) => !ignored.includes(word));
      if (answer === fold(vectors.words[asked[i]![3]]!)) correct++;
    }
    return score(section.name, correct, asked.length, section.questions.length - asked.length);
  });
  const sum = (key: 'correct' | 'asked' | 'unknown'): number => scores.reduce((total, item) => total + item[key], 0);
  return [...scores, score('total', sum('correct'), sum('asked'), sum('unknown'))];
}

const score = (section: string, correct: number, asked: number, unknown: number): AnalogyScore => ({
  section,
  correct,
  asked,
  unknown,
  accuracy: asked === 0 ? 0 : correct / asked,
});
