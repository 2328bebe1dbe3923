// Which words the model never sees. Synonyms share a gloss, so words are held out by lemma, and every synset that has a
// held-out lemma leaves all the text that anything is trained on.
import { shuffled } from './random.mjs';

/** @typedef {import('./wordnet.mjs').Synset} Synset */

/**
 * A held-out sense and the held-out word it is asked for.
 * @typedef {object} HeldOut
 * @property {Synset} synset
 * @property {string} word
 */

/**
 * @typedef {object} Split
 * @property {Synset[]} training
 * @property {HeldOut[]} heldOut senses whose gloss stands nowhere in the training text
 * @property {HeldOut[][]} families four held-out siblings each: synsets under one hypernym
 * @property {number} repeated held-out senses dropped because their text occurs in training text
 */

/** @param {string} lemma */
export const lemmaKey = (lemma) => lemma.toLowerCase();

/** Lower case, words and digits alone, one space between them. @param {string} text */
export const normalize = (text) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();

const familySize = 4;
/** A word with more senses is common; holding it out would take too many synsets along. */
const maxSenses = 4;

/**
 * @param {readonly Synset[]} synsets
 * @param {{ seed: number, families: number, words: number }} options `families` of four siblings and `words` more words
 * @returns {Split}
 */
export function splitByLemma(synsets, { seed, families, words }) {
  /** @type {Map<string, Synset[]>} */
  const byLemma = new Map();
  /** @type {Map<string, Synset[]>} */
  const children = new Map();
  for (const synset of synsets) {
    for (const key of new Set(synset.lemmas.map(lemmaKey))) append(byLemma, key, synset);
    for (const hypernym of synset.hypernyms) append(children, hypernym, synset);
  }
  /** @param {Synset} synset */
  const rarestLemma = (synset) => {
    const senses = synset.lemmas.map((lemma) => byLemma.get(lemmaKey(lemma))?.length ?? 0);
    const fewest = Math.min(...senses);
    return fewest > maxSenses ? undefined : /** @type {string} */ (synset.lemmas[senses.indexOf(fewest)]);
  };

  /** @type {Set<string>} */
  const held = new Set();
  /** @type {HeldOut[][]} */
  const chosen = [];
  const used = new Set();
  for (const parent of shuffled(seed, 'family', [...children.keys()], (id) => id)) {
    if (chosen.length === families) break;
    /** @type {HeldOut[]} */
    const family = [];
    const lemmas = new Set();
    const definitions = new Set();
    for (const synset of shuffled(seed, 'sibling', children.get(parent) ?? [], ({ id }) => id)) {
      const word = rarestLemma(synset);
      const definition = normalize(synset.definition);
      if (word === undefined || used.has(synset.id) || definitions.has(definition)) continue;
      if (!longEnough(definition) || synset.lemmas.some((lemma) => lemmas.has(lemmaKey(lemma)))) continue;
      for (const lemma of synset.lemmas) lemmas.add(lemmaKey(lemma));
      definitions.add(definition);
      family.push({ synset, word });
      if (family.length === familySize) break;
    }
    if (family.length < familySize) continue;
    chosen.push(family);
    for (const { synset, word } of family) {
      used.add(synset.id);
      held.add(lemmaKey(word));
    }
  }
  const others = [...byLemma].filter(([, senses]) => senses.length <= maxSenses).map(([key]) => key);
  for (const key of shuffled(seed, 'word', others, (item) => item).slice(0, words)) held.add(key);

  const training = [];
  const candidates = [];
  for (const synset of synsets) {
    const word = synset.lemmas.find((lemma) => held.has(lemmaKey(lemma)));
    if (word === undefined) training.push(synset);
    else candidates.push({ synset, word });
  }
  const repeated = textsFoundIn(
    candidates.map(({ synset }) => synset),
    training,
  );
  // Drawn, not in the order of the files: a measurement that stops early then sees all parts of speech.
  const heldOut = shuffled(seed, 'heldOut', candidates, ({ synset }) => synset.id).filter(
    ({ synset }) => !repeated.has(synset.id),
  );
  return {
    training,
    heldOut,
    families: chosen.filter((family) => family.every(({ synset }) => !repeated.has(synset.id))),
    repeated: candidates.length - heldOut.length,
  };
}

const fewestWords = 3;
/** @param {string} normalized */
const longEnough = (normalized) =>
  // The s of "fool's parsley" is no word.
  normalized.split(' ').filter((word) => word !== 's').length >= fewestWords;

/**
 * Ids of the synsets whose definition or one of whose examples occurs, normalized, inside a gloss of `training`. Texts
 * of fewer than three words count as found: they would be everywhere, and say nothing.
 * @param {readonly Synset[]} synsets
 * @param {readonly Synset[]} training
 * @returns {Set<string>}
 */
export function textsFoundIn(synsets, training) {
  /** @type {Set<string>} */
  const found = new Set();
  /** @type {Map<string, Array<{ id: string, text: string }>>} */
  const byKey = new Map();
  for (const { id, definition, examples } of synsets) {
    for (const [i, text] of [definition, ...examples].map(normalize).entries()) {
      // First and last word may stand inside longer ones ("dinosaur", "dinosaurs"), so the key is what lies between.
      if (longEnough(text)) append(byKey, text.split(' ').slice(1, -1).slice(0, 2).join(' '), { id, text });
      else if (i === 0) found.add(id);
    }
  }
  for (const { gloss } of training) {
    const text = normalize(gloss);
    const words = text.split(' ');
    for (let i = 1; i + 1 < words.length; i++) {
      for (const key of [words[i], `${words[i]} ${words[i + 1]}`]) {
        for (const pattern of byKey.get(/** @type {string} */ (key)) ?? []) {
          if (text.includes(pattern.text)) found.add(pattern.id);
        }
      }
    }
  }
  return found;
}

/**
 * @template T
 * @param {Map<string, T[]>} map
 * @param {string} key
 * @param {T} value
 */
function append(map, key, value) {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
