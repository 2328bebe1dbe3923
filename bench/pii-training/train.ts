// npx tsx bench/pii-training/train.ts [--examples 60000] [--epochs 3] [--seed 7] [--out src/stages/data/pii/names/model.ts]
// Trains the tagger of names on generated sentences and writes its weights and word sets. Deterministic from the seed.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { perToken, rowBits } from '../../src/stages/data/pii/names/features.js';
import { Tagger, labels, numLabels, packWeights } from '../../src/stages/data/pii/names/tagger.js';
import { tokenize } from '../../src/stages/data/pii/names/tokens.js';
import { WordSet } from '../../src/stages/data/pii/names/words.js';
import { groupNames } from '../../src/stages/data/pii/recognizers/groups.js';
import { countries, generate, readWordNet } from './generate.js';
import * as lex from './lexicon.js';

const { values } = parseArgs({
  options: {
    examples: { type: 'string', default: '60000' },
    epochs: { type: 'string', default: '3' },
    seed: { type: 'string', default: '7' },
    out: { type: 'string', default: 'src/stages/data/pii/names/model.ts' },
  },
});
const net = readWordNet();
const known = WordSet.of(net.words);
const places = WordSet.of(new Set([...countries(), ...lex.countryAliases, ...lex.cities, ...net.places].map((name) => name.toLowerCase().replace(/[.'’-]+/g, ' ').replace(/\s+/g, ' ').trim())));
const stride = 8;
const rows = new Float32Array(stride << rowBits);
const sums = new Float64Array(stride << rowBits);
const since = new Int32Array(stride << rowBits);
const transitions = new Float32Array((numLabels + 1) * numLabels);
const transitionSums = new Float64Array(transitions.length);
const touched = new Uint16Array(1 << rowBits);
const tagger = new Tagger({ rows, transitions }, known, places);
let step = 0;

function update(at: number, by: number): void {
  sums[at] += rows[at] * (step - since[at]);
  since[at] = step;
  rows[at] += by;
}

const examples = [...generate(Number(values.seed), Number(values.examples), groupNames, net)];
let wrong = 0;
let total = 0;
for (let epoch = 0; epoch < Number(values.epochs); epoch++) {
  wrong = 0;
  total = 0;
  for (const { text, spans } of examples) {
    const tokens = tokenize(text);
    const gold = new Uint8Array(tokens.count);
    for (const { start, end, label } of spans) {
      for (let i = 0; i < tokens.count; i++) if (tokens.start[i] >= start && tokens.end[i] <= end) gold[i] = labels.indexOf(label);
    }
    const path = tagger.decode(text, tokens, 0, tokens.count);
    step++;
    const { rows: table } = tagger.features;
    for (let i = 0; i < tokens.count; i++) {
      total++;
      if (path[i] !== gold[i]) {
        wrong++;
        for (let f = i * perToken; f < (i + 1) * perToken; f++) {
          update(table[f] * stride + gold[i], 1);
          update(table[f] * stride + path[i], -1);
          if (touched[table[f]] < 65535) touched[table[f]]++;
        }
      }
      const goldBefore = i === 0 ? numLabels : gold[i - 1];
      const pathBefore = i === 0 ? numLabels : path[i - 1];
      if (goldBefore !== pathBefore || gold[i] !== path[i]) {
        transitions[goldBefore * numLabels + gold[i]] += 1;
        transitions[pathBefore * numLabels + path[i]] -= 1;
      }
    }
    for (let k = 0; k < transitions.length; k++) transitionSums[k] += transitions[k];
  }
  console.error(`epoch ${epoch + 1}: ${((100 * wrong) / total).toFixed(2)} % of tokens wrong, ${examples.length} examples`);
}
// Averages, in bytes: the largest weight sets the scale; rows seen too seldom to mean anything go.
const average = Float64Array.from(rows, (weight, at) => (sums[at] + weight * (step - since[at])) / step);
const scale = 127 / Math.max(...[...average].map(Math.abs).sort((a, b) => a - b).slice(-200, -199), 1);
const small = new Int8Array(rows.length);
let kept = 0;
for (let row = 0; row < 1 << rowBits; row++) {
  if (touched[row] < 4) continue;
  kept++;
  for (let k = 0; k < numLabels; k++) small[row * stride + k] = Math.max(-127, Math.min(127, Math.round(average[row * stride + k] * scale)));
}
const between = Int8Array.from(transitionSums, (sum) => Math.max(-127, Math.min(127, Math.round((sum / step) * scale))));
const pack = (bytes: Uint8Array): string => deflateRawSync(bytes, { level: 9 }).toString('base64');
const constants = { weights: pack(packWeights(small, between)), knownWords: pack(known.bytes), placeNames: pack(places.bytes) };
writeFileSync(
  values.out as string,
  `// Written by bench/pii-training/train.ts from generated sentences and WordNet 3.1 (Princeton University); not by hand.\n${Object.entries(constants)
    .map(([name, value]) => `export const ${name} =\n  '${value}';\n`)
    .join('')}`,
);
console.error(`${kept} rows, ${Object.entries(constants).map(([name, value]) => `${name} ${value.length} characters`).join(', ')}`);
