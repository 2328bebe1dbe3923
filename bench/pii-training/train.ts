// npx tsx bench/pii-training/train.ts [--examples 60000] [--epochs 3] [--seed 7] [--out src/stages/data/pii/names/model.ts]
// Trains the tagger of names on generated sentences and writes its weights and word sets. Deterministic from the seed.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { Random } from '../../src/base/core/index.js';
import { marginals } from '../../src/stages/data/pii/names/marginals.js';
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
    rate: { type: 'string', default: '0.15' },
    decay: { type: 'string', default: '0.0003' },
    seen: { type: 'string', default: '4' },
    least: { type: 'string', default: '0.25' },
    out: { type: 'string', default: 'src/stages/data/pii/names/model.ts' },
  },
});
const net = readWordNet();
const known = WordSet.of(net.words);
const places = WordSet.of(
  new Set(
    [...countries(), ...lex.countryAliases, ...lex.cities, ...net.places].map((name) =>
      name
        .toLowerCase()
        .replace(/[.'’-]+/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    ),
  ),
);
const stride = 8;
const rows = new Float32Array(stride << rowBits);
const squares = new Float32Array(stride << rowBits);
const transitions = new Float32Array((numLabels + 1) * numLabels);
const transitionSquares = new Float64Array(transitions.length);
const touched = new Uint16Array(1 << rowBits);
const lower = (names: readonly string[]): Set<string> =>
  new Set(names.flatMap((name) => name.toLowerCase().split(/[ '-]+/)).filter((part) => part.length > 1));
const given = WordSet.of(lower(lex.givenNames));
const family = WordSet.of(lower(lex.surnames));
const tagger = new Tagger({ rows, transitions, unit: 1 }, known, places, given, family);
const random = new Random(Number(values.seed)).fork('hidden');
const rate = Number(values.rate);
const decay = Number(values.decay);

// Stochastic gradients of the log-likelihood with AdaGrad's steps (Duchi, Hazan and Singer, 2011); weights decay where they are touched.
const examples = [...generate(Number(values.seed), Number(values.examples), groupNames, net)];
for (let epoch = 0; epoch < Number(values.epochs); epoch++) {
  let wrong = 0;
  let total = 0;
  random.shuffle(examples);
  for (const { text, spans } of examples) {
    const tokens = tokenize(text);
    const n = tokens.count;
    const gold = new Uint8Array(n);
    for (const { start, end, label } of spans) {
      for (let i = 0; i < n; i++) if (tokens.start[i] >= start && tokens.end[i] <= end) gold[i] = labels.indexOf(label);
    }
    const hidden = new Uint8Array(n);
    for (let i = 0; i < n; i++)
      if (tokens.kind[i] === 0 && random.float() < (gold[i] === 0 ? 0.03 : 0.35)) hidden[i] = 1;
    tagger.look(text, tokens, 0, n, hidden);
    const pairs = new Float64Array(transitions.length);
    marginals(tagger.scores, transitions, n, numLabels, tagger.probabilities, pairs);
    const { rows: table } = tagger.features;
    for (let i = 0; i < n; i++) {
      total++;
      const p = tagger.probabilities.subarray(i * numLabels, (i + 1) * numLabels);
      if (p[gold[i]] < 0.5) wrong++;
      if (p[gold[i]] > 0.999 || tagger.features.active[i] === 0) continue;
      for (let f = i * perToken; f < (i + 1) * perToken; f++) {
        const row = table[f];
        if (touched[row] < 65535) touched[row]++;
        for (let b = 0; b < numLabels; b++) {
          const at = row * stride + b;
          const gradient = p[b] - (b === gold[i] ? 1 : 0) + decay * rows[at];
          squares[at] += gradient * gradient;
          rows[at] -= (rate * gradient) / Math.sqrt(squares[at] + 1);
        }
      }
    }
    for (let i = 0; i < n; i++) pairs[(i === 0 ? numLabels : gold[i - 1]) * numLabels + gold[i]] -= 1;
    for (let k = 0; k < pairs.length; k++) {
      transitionSquares[k] += pairs[k] * pairs[k];
      transitions[k] -= (rate * pairs[k]) / Math.sqrt(transitionSquares[k] + 1);
    }
  }
  console.error(
    `epoch ${epoch + 1}: ${((100 * wrong) / total).toFixed(2)} % of tokens wrong, ${examples.length} examples`,
  );
}
// In bytes: a unit that lets all but the largest weights in; rows that say little or were seen too seldom to mean anything go.
const unit = 4 / 127;
const small = new Int8Array(rows.length);
let kept = 0;
for (let row = 0; row < 1 << rowBits; row++) {
  const own = rows.subarray(row * stride, row * stride + numLabels);
  if (touched[row] < Number(values.seen) || Math.max(...own) - Math.min(...own) < Number(values.least)) continue;
  kept++;
  for (let k = 0; k < numLabels; k++)
    small[row * stride + k] = Math.max(-127, Math.min(127, Math.round(own[k] / unit)));
}
const pack = (bytes: Uint8Array): string => deflateRawSync(bytes, { level: 9 }).toString('base64');
const constants = {
  weights: pack(packWeights(small, transitions, unit)),
  knownWords: pack(known.bytes),
  placeNames: pack(places.bytes),
  givenNames: pack(given.bytes),
  familyNames: pack(family.bytes),
};
writeFileSync(
  values.out as string,
  `// Written by bench/pii-training/train.ts from generated sentences and WordNet 3.1 (Princeton University); not by hand.\n${Object.entries(
    constants,
  )
    .map(([name, value]) => `export const ${name} =\n  '${value}';\n`)
    .join('')}`,
);
console.error(
  `${kept} rows, ${Object.entries(constants)
    .map(([name, value]) => `${name} ${value.length} characters`)
    .join(', ')}`,
);
