import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testData } from '../../../test/support.js';
import { main } from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-import-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const sink = (name: 'out' | 'err') =>
    new Writable({
      write(chunk: Buffer, _, done) {
        text[name] += chunk.toString();
        done();
      },
    });
  const code = await main(argv, { stdout: sink('out'), stderr: sink('err') });
  return { code, ...text };
}

it('imports a llama2.c checkpoint with its tokenizer', async (context) => {
  const source = testData(context, 'checkpoints/stories260K/stories260K.bin');
  const tokenizer = testData(context, 'checkpoints/stories260K/tok512.bin');
  const to = join(folder, 'model');
  const { code, out } = await run('import', source, '--tokenizer', tokenizer, '--out', to, '--json');
  expect(code).toBe(0);
  const last = JSON.parse(out.trim().split('\n').at(-1) as string) as object;
  expect(last).toMatchObject({ ok: true, format: 'llama2c', parameters: 260_032, tokenizer: true });
  expect(JSON.parse(await readFile(join(to, 'config.json'), 'utf8'))).toMatchObject({ model_type: 'llama' });
  const again = await run('import', to, '--out', join(folder, 'copy'));
  expect(again).toMatchObject({ code: 0 });
  expect(await readFile(join(folder, 'copy', 'tokenizer.json'))).toEqual(await readFile(join(to, 'tokenizer.json')));
});

it('exports a model as GGUF and imports it again, as shards in half precision', async (context) => {
  const source = testData(context, 'checkpoints/stories260K/stories260K.bin');
  const tokenizer = testData(context, 'checkpoints/stories260K/tok512.bin');
  const model = join(folder, 'stories');
  await run('import', source, '--tokenizer', tokenizer, '--out', model);
  const file = join(folder, 'stories.gguf');
  const exported = await run('export', model, '--to', 'gguf', '--type', 'q8_0', '--out', file, '--json');
  expect(exported.code).toBe(0);
  const last = JSON.parse(exported.out.trim().split('\n').at(-1) as string) as object;
  expect(last).toMatchObject({
    ok: true,
    format: 'gguf',
    parameters: 260_032,
    notes: [expect.stringContaining('f16')],
  });
  const back = join(folder, 'back');
  const again = await run('import', file, '--out', back, '--type', 'bf16', '--shard-size', '200kB');
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('gguf → ') });
  const files = await readdir(back);
  expect(files).toContain('model.safetensors.index.json');
  expect(files.filter((name) => /^model-0000\d-of-0000\d\.safetensors$/.test(name)).length).toBeGreaterThan(2);
  expect(JSON.parse(await readFile(join(back, 'config.json'), 'utf8'))).toMatchObject({ torch_dtype: 'bfloat16' });
  const plain = await run('export', back, '--to', 'huggingface', '--out', join(folder, 'plain'));
  expect(plain.code).toBe(0);
  expect(await readdir(join(folder, 'plain'))).toContain('model.safetensors');
});

it('names formats and types where others are asked for', async (context) => {
  const source = testData(context, 'checkpoints/stories260K/stories260K.bin');
  const model = join(folder, 'bare');
  await run('import', source, '--out', model);
  const format = await run('export', model, '--to', 'pickle', '--out', join(folder, 'x'));
  expect(format).toMatchObject({ code: 2, err: expect.stringContaining('huggingface or gguf or onnx') });
  const type = await run('export', model, '--to', 'gguf', '--type', 'q4_k', '--out', join(folder, 'x.gguf'));
  expect(type).toMatchObject({ code: 2, err: expect.stringContaining('f16, f32, q8_0, q4_0, got q4_k') });
  const bare = await run('export', model, '--to', 'gguf', '--out', join(folder, 'x.gguf'));
  expect(bare).toMatchObject({ code: 2, err: expect.stringContaining('tokenizer.json') });
  expect((await run('export', model, '--to', 'gguf')).code).toBe(2);
});

it('refuses pickles and tokenizers that are too large, saying why', async (context) => {
  const zip = join(folder, 'pytorch_model.bin');
  await writeFile(zip, Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(100)]));
  const pickle = await run('import', zip, '--out', join(folder, 'pickle'));
  expect(pickle).toMatchObject({ code: 2, err: expect.stringMatching(/pickle.*runs code.*safe_serialization=True/) });
  await writeFile(zip, Buffer.concat([Buffer.from([0x80, 2]), Buffer.alloc(100)]));
  expect(await run('import', zip, '--out', join(folder, 'pickle'))).toMatchObject({ code: 2, err: pickle.err });
  const source = testData(context, 'checkpoints/stories260K/stories260K.bin');
  const large = testData(context, 'tokenizers/gpt2/tokenizer.json');
  const refused = await run('import', source, '--tokenizer', large, '--out', join(folder, 'large'));
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('at most 512 tokens') });
  expect(existsSync(join(folder, 'large'))).toBe(false);
  await writeFile(zip, 'GGUF and no more');
  const cut = await run('import', zip, '--out', join(folder, 'cut'));
  expect(cut).toMatchObject({ code: 2, err: expect.stringContaining('expected version 2 or 3') });
});

it('ends with 2 for a file that is no model', async () => {
  const path = join(folder, 'noise.bin');
  await writeFile(path, 'not a checkpoint, but long enough for a header');
  const { code, err } = await run('import', path, '--out', join(folder, 'noise'));
  expect(code).toBe(2);
  expect(err).toContain('llama2.c checkpoint: expected dim');
});
