import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../../compiler/runtime/index.node.js';
import { decoderConfig, encoderDecoderConfig, initialize } from '../../architecture/index.js';
import { loadModel } from '../../architecture/index.node.js';
import { Embedder } from './index.js';
import type { TokenSequence } from './index.js';

const golden = join(repositoryRoot, 'test/golden/hf-encoders');

async function open(name: string) {
  const { config, params } = await loadModel(join(golden, name), 'encoder');
  const expected = JSON.parse(await readFile(join(golden, name, 'expected.json'), 'utf8')) as Record<
    string,
    number[][]
  >;
  const lengths = expected.mask!.map((row) => row.reduce((a, b) => a + b, 0));
  const sequences: TokenSequence[] = expected.ids!.map((ids, b) => ({
    ids: ids.slice(0, lengths[b]),
    typeIds: expected.types![b]!.slice(0, lengths[b]),
  }));
  const embedder = new Embedder({ config, params, executor: createInterpreter() });
  return { config, embedder, expected, lengths, sequences };
}

const close = (actual: ArrayLike<number> | undefined, wanted: readonly number[], digits = 4) => {
  expect(actual?.length).toBe(wanted.length);
  wanted.forEach((value, i) => expect(actual![i]).toBeCloseTo(value, digits));
};

it('pools hidden states of any layer as transformers has them', async () => {
  const { config, embedder, expected, lengths, sequences } = await open('bert');
  const C = config.hiddenSize;
  for (const layer of [-1, 0, 1]) {
    const states = expected.hidden!.at(layer)!;
    const row = (b: number, t: number) => states.slice((b * 12 + t) * C, (b * 12 + t + 1) * C);
    const options = { layer, normalize: false } as const;
    const [mean, cls, last] = await Promise.all(
      (['mean', 'cls', 'last'] as const).map((pooling) => embedder.embed(sequences, { ...options, pooling })),
    );
    const hidden = await embedder.hidden(sequences, { layer });
    for (const [b, length] of lengths.entries()) {
      const rows = Array.from({ length }, (_, t) => row(b, t));
      close(
        mean![b],
        Array.from({ length: C }, (_, c) => rows.reduce((sum, r) => sum + r[c]! / length, 0)),
      );
      close(cls![b], rows[0]!);
      close(last![b], rows[length - 1]!);
      close(hidden[b], rows.flat());
    }
  }
  const [unit] = await embedder.embed(sequences);
  expect(Math.hypot(...unit!)).toBeCloseTo(1, 5);
});

it('classifies and fills masks as transformers does', async () => {
  const classify = await open('roberta-classify');
  const logits = await classify.embedder.classify(classify.sequences);
  close(Float32Array.from(logits.flatMap((row) => [...row])), classify.expected.logits! as unknown as number[]);
  const tag = await open('bert-tag');
  const tags = await tag.embedder.classify(tag.sequences);
  const wanted = tag.expected.logits! as unknown as number[];
  tag.lengths.forEach((length, b) => close(tags[b], wanted.slice(b * 36, b * 36 + 3 * length)));
  const mlm = await open('modernbert-mlm');
  const rows = await mlm.embedder.maskedLogits(mlm.sequences[1]!, [2, 7]);
  const all = mlm.expected.logits! as unknown as number[];
  [2, 7].forEach((place, i) => close(rows[i], all.slice((12 + place) * 53, (13 + place) * 53)));
});

it('embeds with models of every kind, the same in a batch as alone', async () => {
  const size = { vocabSize: 23, contextLength: 12, hiddenSize: 8, numLayers: 2, numHeads: 2, initializerRange: 0.3 };
  const configs = [
    decoderConfig({ ...size, family: 'llama' }),
    decoderConfig({ ...size, family: 'gpt2' }),
    encoderDecoderConfig({ ...size, family: 't5' }),
  ];
  const sequences = [{ ids: [3, 1, 4] }, { ids: [1, 5, 9, 2, 6, 5, 3, 5] }, { ids: [8] }];
  const executor = await createOrtExecutor({ threads: 1 });
  try {
    for (const config of configs) {
      const embedder = new Embedder({ config, params: initialize(config, 5), executor });
      for (const pooling of ['mean', 'last'] as const) {
        const together = await embedder.embed(sequences, { pooling });
        for (const [i, sequence] of sequences.entries()) {
          const [alone] = await embedder.embed([sequence], { pooling });
          close(together[i], [...alone!]);
        }
      }
      await embedder.close();
    }
  } finally {
    await executor.close();
  }
});

it('refuses what it cannot read', async () => {
  const { embedder } = await open('bert');
  await expect(embedder.embed([{ ids: [] }])).rejects.toThrow('expected texts of 1 to 16 tokens, got 0');
  await expect(embedder.embed([{ ids: Array(17).fill(3) }])).rejects.toThrow('1 to 16 tokens, got 17');
  await expect(embedder.embed([{ ids: [53] }])).rejects.toThrow('expected token ids below 53, got 53');
  await expect(embedder.embed([{ ids: [3] }], { layer: 3 })).rejects.toThrow('expected a layer from 0 to 2');
  await expect(embedder.classify([{ ids: [3] }])).rejects.toThrow('expected a model with a classification head');
  await expect(embedder.maskedLogits({ ids: [3] }, [0])).rejects.toThrow('masked-LM head');
});
