import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trace } from '../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../compiler/ir/index.js';
import { createInterpreter } from '../../compiler/runtime/index.js';
import type { Executor } from '../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import { encodeBf16, fromFloats, hostTensor, toFloats } from '../../compiler/tensor/index.js';
import { readSafetensorsFile, writeSafetensorsFile } from '../../compiler/tensor/index.node.js';
import { repositoryRoot } from '../../../test/support.js';
import { countParameters, decoderConfig, forward, initialize, parameterSpecs } from './index.js';
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

  it.each(['f32', 'f16', 'bf16'] as const)('writes shards in %s, and reads them back', async (dtype) => {
    const path = join(folder, `sharded-${dtype}`);
    await saveModel(path, config, params);
    await saveModel(path, config, params, { dtype, shardBytes: 300 });
    const files = (await readdir(path)).filter((name) => name.includes('safetensors')).sort();
    const count = files.length - 1;
    expect(count).toBeGreaterThan(1);
    expect(files[0]).toBe(`model-00001-of-0000${count}.safetensors`);
    expect(files.at(-1)).toBe('model.safetensors.index.json');
    const { metadata, weight_map: map } = JSON.parse(
      await readFile(join(path, 'model.safetensors.index.json'), 'utf8'),
    );
    expect(metadata.total_size).toBe(countParameters(config).total * (dtype === 'f32' ? 4 : 2));
    expect(Object.keys(map).sort()).toEqual(Object.keys(params).sort());
    const first = await readSafetensorsFile(join(path, files[0]));
    expect(Object.values(first.tensors).every((tensor) => tensor.dtype === dtype)).toBe(true);
    const { config: read, params: loaded } = await loadModel(path);
    expect(read).toEqual(config);
    for (const [name, { data }] of Object.entries(params)) {
      const expected = dtype === 'f32' ? data : toFloats(dtype, fromFloats(dtype, data as Float32Array));
      expect(loaded[name].data).toEqual(expected);
    }
    // One file again: nothing of the shards stays.
    await saveModel(path, config, params, { dtype });
    expect((await readdir(path)).filter((name) => name.includes('safetensors'))).toEqual(['model.safetensors']);
    expect((await loadModel(path)).params).toEqual(loaded);
  });

  it('refuses half precision where a number does not fit', async () => {
    const large = { ...params, 'transformer.ln_f.bias': hostTensor('f32', [4], [1, 2, 7e4, 4]) };
    await expect(saveModel(join(folder, 'large'), config, large, { dtype: 'f16' })).rejects.toThrow(
      'expected numbers that f16 can hold, got 70000 in transformer.ln_f.bias; write f32 or bf16',
    );
  });

  it('refuses pickles and says why, and names shards that are missing', async () => {
    const path = join(folder, 'pickle');
    await saveModel(path, config, params);
    await rm(join(path, 'model.safetensors'));
    for (const name of ['pytorch_model.bin', 'pytorch_model-00001-of-00002.bin', 'model.pt']) {
      await writeFile(join(path, name), 'PK');
      await expect(loadModel(path)).rejects.toThrow(/runs code .*save_pretrained\(OUT, safe_serialization=True\)/);
      await rm(join(path, name));
    }
    const map = { a: 'a.safetensors', b: 'b.safetensors' };
    await writeFile(join(path, 'model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    await expect(loadModel(path)).rejects.toThrow('got none of a.safetensors, b.safetensors');
    await writeSafetensorsFile(join(path, 'a.safetensors'), params);
    await writeSafetensorsFile(join(path, 'b.safetensors'), { 'transformer.ln_f.bias': hostTensor('f32', [4]) });
    await expect(loadModel(path)).rejects.toThrow('some twice: transformer.ln_f.bias');
  });

  it('says what is wrong with a folder', async () => {
    const path = join(folder, 'broken');
    await expect(loadModel(path)).rejects.toThrow('abovo import');
    await saveModel(path, config, params);
    const weights = join(path, 'model.safetensors');
    const { 'transformer.ln_f.bias': _, 'transformer.ln_f.weight': __, ...without } = params;
    await writeSafetensorsFile(weights, {
      ...without,
      'transformer.h.0.attn.q_norm.weight': hostTensor('f32', [2]),
      'transformer.h.0.attn.k_norm.weight': hostTensor('f32', [2]),
      'transformer.h.0.ln_1.bias': hostTensor('f32', [5]),
      'transformer.h.0.ln_2.bias': hostTensor('i32', [4]),
    });
    const problems = loadModel(path);
    // Everything at once.
    await expect(problems).rejects.toThrow('none for transformer.ln_f.weight, transformer.ln_f.bias; ');
    await expect(problems).rejects.toThrow(
      /unknown ones: transformer\.h\.0\.attn\.(q_norm.*k_norm|k_norm.*q_norm)\.weight; /,
    );
    await expect(problems).rejects.toThrow('transformer.h.0.ln_1.bias (expected [4] by config.json, found [5]); ');
    await expect(problems).rejects.toThrow('not f32, f16 or bf16: transformer.h.0.ln_2.bias (i32)');
    await writeFile(weights, 'not a safetensors file');
    await expect(loadModel(path)).rejects.toThrow('safetensors');
    await writeFile(join(path, 'config.json'), '{');
    await expect(loadModel(path)).rejects.toThrow('config.json');
    await expect(saveModel(path, config, without)).rejects.toThrow(
      'transformer.ln_f.weight (expected [4], got none), transformer.ln_f.bias (expected [4], got none)',
    );
  });
});
