import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import { loadModel } from '../../architecture/index.node.js';
import { DecoderSearch, Engine } from '../index.js';

interface Row {
  readonly prompt: number[];
  readonly beams: number;
  readonly ids: number[];
}

it('ends where every token is forbidden, as beams do in transformers', async () => {
  const file = join(repositoryRoot, 'test/golden/forbidden/expected.json');
  const { vocabSize, rows } = JSON.parse(await readFile(file, 'utf8')) as { vocabSize: number; rows: Row[] };
  const { config, params } = await loadModel(join(repositoryRoot, 'test/golden/hf-decoders/gpt2'), 'decoder');
  const executor = createInterpreter();
  const model = await DecoderSearch.open({ config, params, executor });
  const engine = await Engine.open({ config, params, executor });
  const logitBias = Object.fromEntries(Array.from({ length: vocabSize - 3 }, (_, i) => [i + 3, -Infinity]));
  const sampling = { temperature: 0, noRepeatNgram: 1, logitBias };
  for (const { prompt, beams, ids } of rows) {
    const options = { maxTokens: 5, sampling, numBeams: beams, stopTokenIds: [vocabSize - 1] };
    const [[best]] = await model.generate([prompt], options);
    // Three tokens are allowed, each once. Where none is left transformers' greedy search writes the first one for ever.
    const left = 3 - new Set(prompt).size;
    expect(best!.finishReason).toBe('stop');
    expect(best!.stopTokenId).toBeUndefined();
    expect(best!.ids).toHaveLength(left);
    if (beams > 1) {
      // With one token left transformers loses the only beam that could take it, and it names no best of those left over.
      if (left !== 1) expect(best!.ids.toSorted()).toEqual(ids.toSorted());
      continue;
    }
    expect(best!.ids).toEqual(ids.slice(0, left));
    const stream = engine.submit({ promptIds: prompt, ...options });
    const own: number[] = [];
    for await (const { tokenId } of stream) own.push(tokenId);
    expect(own).toEqual(ids.slice(0, left));
    expect((await stream.finished).finishReason).toBe('stop');
  }
  const samples = await model.generate(
    [
      [0, 1],
      [1, 2, 0],
    ],
    {
      ...{ maxTokens: 5, numAnswers: 3, stopTokenIds: [] },
      sampling: { ...sampling, temperature: 1 },
    },
  );
  expect(samples.map((answers) => answers.map(({ ids }) => [...ids]))).toEqual([
    [[2], [2], [2]],
    [[], [], []],
  ]);
  await engine.close();
  await model.close();
});
