import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trace } from '../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../compiler/ir/index.js';
import { createInterpreter } from '../../compiler/runtime/index.js';
import type { Executor } from '../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import { encodeBf16, hostTensor } from '../../compiler/tensor/index.js';
import { readSafetensorsFile, writeSafetensorsFile } from '../../compiler/tensor/index.node.js';
import { repositoryRoot } from '../../../test/support.js';
import { decoderConfig, forward, initialize, parameterSpecs } from './index.js';
import { loadModel, saveModel } from './index.node.js';

const golden = join(repositoryRoot, 'test/golden/hf-decoders');
const names = ['gpt2', 'llama-grouped', 'llama-tied'];

let folder: string;
let ort: Executor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-model-'));
  ort = await createOrtExecutor({ threads: 1 });
});
afterAll(async () => {
  await ort.close();
  await rm(folder, { recursive: true });
});

/** Logits [B·T, V] of a saved model at `ids` [B, T]. */
async function logitsOf(executor: Executor, path: string, ids: number[][]): Promise<Float32Array> {
  const { config, params } = await loadModel(path, 'decoder');
  const [B, T] = [ids.length, (ids[0] as number[]).length];
  const inputs: Record<string, ValueType> = {
    ids: { dtype: 'i32', shape: [B, T] },
    positions: { dtype: 'i32', shape: [B, T] },
  };
  for (const [name, spec] of Object.entries(parameterSpecs(config))) inputs[name] = { dtype: 'f32', shape: spec.shape };
  const graph = trace('logits', inputs, (t) => ({
    logits: forward(config, t, { ids: t.ids as Tensor, positions: t.positions as Tensor }).logits,
  }));
  const positions = ids.flatMap((row) => row.map((_, t) => t));
  const result = await executor.run({
    program: await executor.load(graph),
    feeds: { ...params, ids: hostTensor('i32', [B, T], ids.flat()), positions: hostTensor('i32', [B, T], positions) },
    fetch: ['logits'],
  });
  return result.logits?.data as Float32Array;
}

describe.each(names)('%s made by transformers', (name) => {
  it.each(['interpreter', 'onnxruntime'])('gives its logits on %s', async (kind) => {
    const { ids, logits } = JSON.parse(await readFile(join(golden, name, 'logits.json'), 'utf8')) as {
      ids: number[][];
      logits: number[][][];
    };
    const executor = kind === 'interpreter' ? createInterpreter() : ort;
    const actual = await logitsOf(executor, join(golden, name), ids);
    const worst = Math.max(...logits.flat(2).map((value, i) => Math.abs(value - (actual[i] as number))));
    expect(worst).toBeLessThan(1e-4);
  });

  it('is written back tensor by tensor', async () => {
    const { config, params } = await loadModel(join(golden, name));
    await saveModel(join(folder, name), config, params);
    const before = await readSafetensorsFile(join(golden, name, 'model.safetensors'));
    const after = await readSafetensorsFile(join(folder, name, 'model.safetensors'));
    expect(after).toEqual(before);
    expect((await loadModel(join(folder, name))).config).toEqual(config);
  });
});

describe('folders', () => {
  const config = decoderConfig({
    family: 'gpt2',
    vocabSize: 7,
    contextLength: 4,
    hiddenSize: 4,
    numLayers: 1,
    numHeads: 2,
  });
  const params = initialize(config, 1);

  it('reads shards, half precision and names without prefix', async () => {
    const path = join(folder, 'shards');
    await saveModel(path, config, params);
    await rm(join(path, 'model.safetensors'));
    const entries = Object.entries(params).map(([name, { shape, data }]) => {
      const half = hostTensor('bf16', shape, Uint16Array.from(data as Float32Array, encodeBf16));
      return [name.replace('transformer.', ''), half] as const;
    });
    await writeSafetensorsFile(join(path, 'a.safetensors'), Object.fromEntries(entries.slice(0, 5)));
    await writeSafetensorsFile(join(path, 'b.safetensors'), Object.fromEntries(entries.slice(5)));
    const map = entries.map(([name], i) => [name, i < 5 ? 'a.safetensors' : 'b.safetensors']);
    const index = (weights: object) => writeFile(join(path, 'model.safetensors.index.json'), JSON.stringify(weights));
    await index({ weight_map: Object.fromEntries(map) });
    const loaded = (await loadModel(path, 'decoder')).params;
    for (const [name, { data }] of Object.entries(params)) {
      const read = loaded[name]?.data as Float32Array;
      (data as Float32Array).forEach((value, i) => expect(read[i]).toBeCloseTo(value, 3));
    }
    await index({ weight_map: { x: '../../etc/passwd.safetensors' } });
    await expect(loadModel(path)).rejects.toThrow('beside it');
  });

  it('says what is wrong with a folder', async () => {
    const path = join(folder, 'broken');
    await expect(loadModel(path)).rejects.toThrow('abovo import');
    await saveModel(path, config, params);
    const weights = join(path, 'model.safetensors');
    const { 'transformer.ln_f.bias': _, ...without } = params;
    await writeSafetensorsFile(weights, without);
    await expect(loadModel(path)).rejects.toThrow('none for transformer.ln_f.bias');
    await writeSafetensorsFile(weights, { ...params, 'transformer.h.0.attn.q_norm.weight': hostTensor('f32', [2]) });
    await expect(loadModel(path)).rejects.toThrow('unknown ones: transformer.h.0.attn.q_norm.weight');
    await writeSafetensorsFile(weights, { ...params, 'transformer.ln_f.bias': hostTensor('f32', [5]) });
    await expect(loadModel(path)).rejects.toThrow('[4] by config.json, got [5]');
    await writeFile(weights, 'not a safetensors file');
    await expect(loadModel(path)).rejects.toThrow('safetensors');
    await writeFile(join(path, 'config.json'), '{');
    await expect(loadModel(path)).rejects.toThrow('config.json');
    await expect(saveModel(path, config, without)).rejects.toThrow('transformer.ln_f.bias');
  });
});
