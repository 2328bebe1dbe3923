import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import {
  NearestIndex,
  parseAnalogies,
  parseSimilarities,
  scoreAnalogies,
  scoreSimilarities,
} from '../../../model/classic/index.js';
import type { AnalogyScore, WordVectors } from '../../../model/classic/index.js';
import { loadVectors, saveVectors } from '../../../model/classic/index.node.js';
import { readLines } from '../../../stages/data/index.js';
import { type Command, type CommandOption, integer, number, oneOf } from '../command.js';
import { table } from '../table.js';
import { trainVectors } from '../vectors-train.js';

interface ReadOptions {
  readonly replaceBroken?: boolean;
  readonly limit?: number;
}

const readOptions: readonly CommandOption[] = [
  { flags: '--limit <n>', description: 'read only the first so many words', parse: integer(1) },
  { flags: '--replace-broken', description: 'put U+FFFD for text that is not UTF-8, instead of refusing the file' },
];

const open = (path: string, cwd: string, options: ReadOptions, signal: AbortSignal) =>
  loadVectors(resolve(cwd, path), {
    limit: options.limit,
    brokenText: options.replaceBroken ? 'replace' : 'refuse',
    signal,
  });

async function openWords(path: string, cwd: string, options: ReadOptions, signal: AbortSignal): Promise<WordVectors> {
  const loaded = await open(path, cwd, options, signal);
  return loaded.kind === 'words' ? loaded.vectors : loaded.model.wordVectors();
}

async function textOf(path: string, cwd: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, path), 'utf8');
  } catch (error) {
    throw new InvalidInput('data.missing', `read ${path}: expected a text file, ${messageOf(error)}`, { path }, error);
  }
}

const fileArgument = [{ name: '<file>', description: 'vectors of word2vec, GloVe or fastText, or a fastText model' }];

const neighbours: Command<ReadOptions & { word: readonly string[]; top: number }> = {
  name: 'neighbours',
  summary: 'List the words nearest to a word.',
  example: 'abovo vectors neighbours vectors.bin --word egg --top 5',
  arguments: fileArgument,
  options: [
    { flags: '--word <words...>', description: 'words to look up', required: true },
    { flags: '--top <n>', description: 'neighbours of each', parse: integer(1, 100_000), default: 10 },
    ...readOptions,
  ],
  async run({ args, options, cwd, signal, print }) {
    const loaded = await open(args[0]!, cwd, options, signal);
    const vectors = loaded.kind === 'words' ? loaded.vectors : loaded.model.wordVectors();
    const source = loaded.kind === 'words' ? loaded.vectors : loaded.model;
    const queries = options.word.map((word) => {
      const vector = source.vector(word);
      if (vector) return vector;
      throw new InvalidInput(
        'vectors.word',
        `neighbours: expected a word that has a vector, got ${JSON.stringify(word)} (case counts)`,
        { word },
      );
    });
    const exclude = (query: number): number[] => [vectors.indexOf(options.word[query]!)];
    const found = new NearestIndex(vectors).search(queries, { top: options.top, exclude });
    const result = options.word.map((word, i) => ({
      word,
      neighbours: found[i]!.map((neighbour) => ({ word: neighbour.word, similarity: neighbour.similarity })),
    }));
    for (const { word, neighbours: near } of result) {
      print(
        table(
          [word, ''],
          near.map((item) => [item.word, item.similarity.toFixed(4)]),
        ),
      );
    }
    return { result: { ok: true, results: result } };
  },
};

const evaluationOptions: readonly CommandOption[] = [
  {
    flags: '--restrict <n>',
    description: 'only the first so many words take part',
    parse: integer(1),
    default: 300_000,
  },
  { flags: '--case-sensitive', description: 'compare words as they are spelled' },
  ...readOptions,
];

type EvaluationOptions = ReadOptions & { readonly restrict: number; readonly caseSensitive?: boolean };

const analogy: Command<EvaluationOptions & { questions: string }> = {
  name: 'analogy',
  summary: 'Measure vectors on questions "a is to b as c is to ?".',
  example: 'abovo vectors analogy vectors.bin --questions questions-words.txt',
  arguments: fileArgument,
  options: [
    { flags: '--questions <file>', description: 'four words a line, sections headed ": name"', required: true },
    ...evaluationOptions,
  ],
  async run({ args, options, cwd, signal, print }) {
    const sections = parseAnalogies(await textOf(options.questions, cwd));
    const vectors = await openWords(args[0]!, cwd, options, signal);
    const { restrict, caseSensitive } = options;
    const scores = scoreAnalogies(vectors, sections, { restrict, ignoreCase: !caseSensitive });
    const cells = (score: AnalogyScore): string[] => [
      score.section,
      String(score.correct),
      String(score.asked),
      String(score.unknown),
      `${(100 * score.accuracy).toFixed(1)} %`,
    ];
    print(table(['section', 'right', 'asked', 'left out', 'accuracy'], scores.map(cells)));
    const total = scores.at(-1) as AnalogyScore;
    return { result: { ok: true, accuracy: total.accuracy, total, sections: scores.slice(0, -1) } };
  },
};

const similarity: Command<EvaluationOptions & { pairs: string }> = {
  name: 'similarity',
  summary: 'Measure vectors on pairs of words that people have judged.',
  example: 'abovo vectors similarity vectors.bin --pairs wordsim353.tsv',
  arguments: fileArgument,
  options: [
    { flags: '--pairs <file>', description: 'two words and a number a line, between tabs', required: true },
    ...evaluationOptions,
  ],
  async run({ args, options, cwd, signal, print }) {
    const pairs = parseSimilarities(await textOf(options.pairs, cwd));
    const vectors = await openWords(args[0]!, cwd, options, signal);
    const { restrict, caseSensitive } = options;
    const score = scoreSimilarities(vectors, pairs, { restrict, ignoreCase: !caseSensitive });
    print(
      `Spearman ${score.spearman.toFixed(4)}, Pearson ${score.pearson.toFixed(4)} over ${score.pairs} pairs (${score.unknown} left out: words without vectors)`,
    );
    return { result: { ok: true, ...score } };
  },
};

const convert: Command<ReadOptions & { to: 'text' | 'binary'; out: string; skipSpaced?: boolean }> = {
  name: 'convert',
  summary: 'Write vectors of any format as word2vec’s text or binary.',
  example: 'abovo vectors convert glove.txt --to binary --out glove.bin',
  arguments: fileArgument,
  options: [
    { flags: '--to <format>', description: 'text or binary', parse: oneOf('text', 'binary'), required: true },
    { flags: '--out <file>', description: 'where to write', required: true },
    { flags: '--skip-spaced', description: 'leave out words with white space, which neither format can hold' },
    ...readOptions,
  ],
  async run({ args, options, cwd, signal, print }) {
    const vectors = await openWords(args[0]!, cwd, options, signal);
    await saveVectors(resolve(cwd, options.out), vectors, options.to, {
      spaced: options.skipSpaced ? 'skip' : 'refuse',
    });
    print(`${options.out}: ${vectors.words.length} words of ${vectors.dim} numbers as ${options.to}`);
    return {
      result: { ok: true, out: options.out, format: options.to, words: vectors.words.length, dim: vectors.dim },
    };
  },
};

const predict: Command<{ input: string; top: number; threshold: number }> = {
  name: 'predict',
  summary: 'Print the labels that a fastText classifier gives to each line of a text.',
  example: 'abovo vectors predict model.bin --input texts.txt --top 2',
  arguments: [{ name: '<model>', description: 'a fastText classifier (.bin or .ftz)' }],
  options: [
    { flags: '--input <file>', description: 'a text a line', required: true },
    { flags: '--top <n>', description: 'labels for each', parse: integer(1), default: 1 },
    { flags: '--threshold <p>', description: 'least probability of a label', parse: number(0, 1), default: 0 },
  ],
  async run({ args, options, cwd, signal, emit }) {
    const loaded = await open(args[0]!, cwd, {}, signal);
    if (loaded.kind !== 'fasttext') {
      throw new InvalidInput('fasttext.predict', `predict: expected a fastText classifier, got vectors in ${args[0]}`);
    }
    const { top, threshold } = options;
    const counts: Record<string, number> = {};
    let lines = 0;
    for await (const line of readLines([options.input], { folder: cwd, signal })) {
      const labels = loaded.model.predict(line, { top, threshold });
      emit({ labels });
      lines++;
      const label = labels[0]?.label;
      if (label !== undefined) counts[label] = (counts[label] ?? 0) + 1;
    }
    return { result: { ok: true, lines, labels: counts } };
  },
};

export const command: Command = {
  name: 'vectors',
  summary: 'Train word vectors, look up neighbours, measure and convert them.',
  example: 'abovo vectors train --skipgram --input corpus.txt --out vectors.bin',
  subcommands: [trainVectors, neighbours, analogy, similarity, convert, predict] as readonly Command[],
};
