import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { readWordNet, wordNetPackage } from '../../examples/lexicographer/wordnet.mjs';
import { modelOf, prepareTask } from '../../src/app/recipes/task.js';
import type { FamilyName, Task } from '../../src/app/recipes/task.js';
import { rolesOf, taskIds } from '../../src/app/recipes/roles.js';
import type { BatchSource } from '../../src/base/contract/index.js';
import { createOrtExecutor } from '../../src/compiler/runtime/index.node.js';
import { initialize } from '../../src/model/architecture/index.js';
import { type Tokenizer, trainBpe, trainWordPiece } from '../../src/model/tokenizer/index.js';
import { documentsInMemory, packDocuments } from '../../src/stages/data/index.js';
import { readMetrics, resolveTrainConfig, train } from '../../src/stages/training/index.js';
import { repositoryRoot, testData } from '../support.js';

// Each task trains the model that it is for on glosses of WordNet and the beginning of TinyStories. The losses are
// held to a recorded curve, and the model to guessing by frequency on WikiText-2, which it never sees.
// A change of the curves is a change of what training computes: UPDATE_CURVES=1 npx vitest run test/slices/objectives.test.ts

const curvesPath = join(repositoryRoot, 'test/golden/objective-curves.json');
const recorded = JSON.parse(readFileSync(curvesPath, 'utf8')) as Record<string, number[]>;
const tolerance = 5e-3;
const root = mkdtempSync(join(tmpdir(), 'abovo-objectives-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
  if (process.env.UPDATE_CURVES) writeFileSync(curvesPath, `${JSON.stringify(recorded, null, 1)}\n`);
});

const standard: Task = {
  name: 'masked',
  share: 0.15,
  wholeWords: false,
  meanLength: 3,
  permuteSentences: true,
  deletion: 0,
  rotation: 0,
};
const cases: readonly [name: string, family: FamilyName, task: Partial<Task>][] = [
  ['masked tokens', 'bert', { name: 'masked' }],
  ['masked words', 'modernbert', { name: 'masked', wholeWords: true }],
  ['span corruption', 't5', { name: 'span-corruption' }],
  ['denoising', 'bart', { name: 'denoising', share: 0.3, deletion: 0.05, rotation: 0.1 }],
  ['prefixes', 't5', { name: 'prefix' }],
  ['a mixture of denoisers', 't5', { name: 'ul2' }],
  ['next tokens', 'llama', { name: 'causal' }],
];

let texts: string[] = [];
let heldOut: string[] = [];
const tokenizers = new Map<string, Tokenizer>();
/** Reads the texts once; skips the test, with the reason, where they are missing. */
function readTexts(context: Pick<TestContext, 'skip'>): void {
  if (texts.length > 0) return;
  const stories = readFileSync(testData(context, 'pretrain/tinystories/train-cased.txt'), 'utf8').slice(0, 300_000);
  const wiki = readFileSync(testData(context, 'pretrain/wikitext-2/valid.txt'), 'utf8').slice(0, 60_000);
  const glosses = readWordNet(wordNetPackage().folder).slice(0, 4000);
  texts = [
    ...stories.split(/\n{2,}|<\|endoftext\|>/).filter((text) => text.trim().length > 40),
    ...glosses.map(({ gloss }) => gloss),
  ];
  heldOut = wiki.split('\n').filter((line) => line.trim().length > 80);
}

async function tokenizerOf(family: FamilyName): Promise<Tokenizer> {
  const { specials } = rolesOf(family);
  const wordPiece = family === 'bert' || family === 'modernbert';
  const key = `${wordPiece} ${specials.length}`;
  let tokenizer = tokenizers.get(key);
  if (!tokenizer) {
    const options = { vocabSize: 1024, specialTokens: specials };
    tokenizer = await (wordPiece ? trainWordPiece(texts, options) : trainBpe(texts, options));
    tokenizers.set(key, tokenizer);
  }
  return tokenizer;
}

describe.each(cases)('%s (%s)', (name, family, chosen) => {
  it('follows its curve and beats guessing by frequency', { timeout: 120_000 }, async (context) => {
    readTexts(context);
    const tokenizer = await tokenizerOf(family);
    const roles = rolesOf(family);
    const ids = taskIds(tokenizer, roles);
    const task = { ...standard, ...chosen };
    const size = { vocabSize: tokenizer.vocabSize, contextLength: 64, hiddenSize: 64, numLayers: 2, numHeads: 2 };
    const config = modelOf({
      ...size,
      family,
      intermediateSize: 192,
      tieEmbeddings: true,
      ...(ids.pad === undefined ? {} : { pad: ids.pad }),
      ...(ids.eos === undefined ? {} : { eos: ids.eos }),
    });
    const microBatchSize = 16;
    const prepared = prepareTask(config, task, ids, microBatchSize);
    const documents = (list: readonly string[]) =>
      documentsInMemory(
        list.map((text) => ({
          ids: [
            ...(roles.begins && ids.bos !== undefined ? [ids.bos] : []),
            ...tokenizer.encode(text, { addSpecialTokens: false }),
            ids.eos as number,
          ],
        })),
      );
    const pack = { sequenceLength: prepared.textLength, batchSize: microBatchSize };
    const batches = prepared.batches(packDocuments(documents(texts), { ...pack, seed: 1 }), 1);
    const validation = prepared.batches(packDocuments(documents(heldOut), { ...pack, shuffle: false }), 0);
    const executor = await createOrtExecutor({ threads: 2 });
    try {
      const result = await train({
        config: resolveTrainConfig({
          optimizer: 'muon',
          learningRate: 0.02,
          batchTokens: microBatchSize * prepared.rowTokens,
          microBatchSize,
          steps: 50,
          weightDecay: 0,
          checkpointEvery: 0,
          validateEvery: 0,
        }),
        architecture: config,
        initial: initialize(config, 1),
        batches,
        validation,
        objective: prepared.objective,
        executor,
        folder: join(root, name),
      });
      const curve = (await readMetrics(result.metricsPath))
        .filter((line) => line.type === 'step' && line.step % 10 === 0)
        .map((line) => Number(line.loss.toFixed(4)));
      if (process.env.UPDATE_CURVES) recorded[name] = curve;
      const wanted = recorded[name] ?? [];
      expect(curve).toHaveLength(wanted.length);
      curve.forEach((loss, i) => expect(Math.abs(loss - wanted[i]!), `step ${10 * (i + 1)}`).toBeLessThan(tolerance));
      // What each token asked for costs when it is guessed by how often the training text asks for it.
      expect(result.validation!.loss).toBeLessThan(unigramLoss(batches, validation, config.vocabSize));
    } finally {
      await executor.close();
    }
  });
});

function unigramLoss(training: BatchSource<never>, validation: BatchSource<never>, vocabSize: number): number {
  const targetsOf = (batch: { targets?: Int32Array; labels?: Int32Array }) =>
    (batch.labels ?? batch.targets) as Int32Array;
  const counts = new Float64Array(vocabSize).fill(1);
  for (let n = 0; n < Math.min(60, training.batchesPerEpoch); n++) {
    for (const target of targetsOf(training.batch(n))) if (target >= 0) counts[target]++;
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  let [nats, tokens] = [0, 0];
  for (let n = 0; n < validation.batchesPerEpoch; n++) {
    for (const target of targetsOf(validation.batch(n))) {
      if (target < 0) continue;
      nats -= Math.log((counts[target] as number) / total);
      tokens++;
    }
  }
  return nats / tokens;
}
