import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

it('ends with 2 for a file that is no model', async () => {
  const path = join(folder, 'noise.bin');
  await writeFile(path, 'not a checkpoint, but long enough for a header');
  const { code, err } = await run('import', path, '--out', join(folder, 'noise'));
  expect(code).toBe(2);
  expect(err).toContain('llama2.c checkpoint: expected dim');
});
