import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decoderConfig, initialize } from '../../architecture/index.js';
import { loadModel, saveModel } from '../../architecture/index.node.js';
import { isSafe, isWanted, patternOf } from './files.js';
import { pullModel, pushModel } from './index.node.js';

/** The part of the hub's language that a model needs, over files in memory. */
class StandIn {
  readonly files = new Map<string, Buffer>();
  readonly requests: string[] = [];
  readonly uploads = new Map<string, Buffer>();
  token = 'hf_secret';
  /** Bytes after which a download breaks off; once. */
  breakAfter: number | undefined;
  /** A file whose content is not what its hash says. */
  spoiled: string | undefined;
  #server: Server | undefined;
  url = '';

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, headers = {}, body, cut }) => {
        response.writeHead(status, headers);
        if (cut === undefined) response.end(body);
        else response.write((body as Buffer).subarray(0, cut), () => setTimeout(() => response.destroy(), 50));
      });
    });
    await new Promise<void>((resolve) => this.#server!.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  async #answer(
    request: IncomingMessage,
  ): Promise<{ status: number; headers?: Record<string, string | number>; body?: Buffer | string; cut?: number }> {
    const { method, url = '', headers } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const path = decodeURIComponent(new URL(url, this.url).pathname);
    this.requests.push(`${method} ${path}${headers.range ? ` ${headers.range}` : ''}`);
    const json = (value: unknown, status = 200) => ({
      status,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(value),
    });
    if (path.startsWith('/api/models/none/')) return json({ error: 'Repository not found' }, 404);
    if (path === '/api/models/org/tiny/tree/main') {
      return json([...this.files].map(([name, content]) => this.#entry(name, content)));
    }
    const resolved = path.match(/^\/org\/tiny\/resolve\/main\/(.+)$/);
    if (resolved) return this.#download(resolved[1] as string, headers.range);
    const uploaded = path.match(/^\/upload\/([0-9a-f]+)$/);
    if (uploaded && method === 'PUT') {
      this.uploads.set(uploaded[1] as string, body);
      return { status: 200 };
    }
    if (headers.authorization !== `Bearer ${this.token}`) return json({ error: 'Unauthorized' }, 401);
    if (path === '/api/repos/create') {
      return this.files.size > 0 ? json({ error: 'exists' }, 409) : json({ url: `${this.url}/org/tiny` });
    }
    if (path === '/api/models/org/tiny/preupload/main') {
      const { files } = JSON.parse(body.toString()) as { files: { path: string; size: number }[] };
      const modes = files.map((file) => ({
        path: file.path,
        uploadMode: file.path.endsWith('.safetensors') ? 'lfs' : 'regular',
        shouldIgnore: false,
      }));
      return json({ files: modes });
    }
    if (path === '/org/tiny.git/info/lfs/objects/batch') {
      const { objects } = JSON.parse(body.toString()) as { objects: { oid: string; size: number }[] };
      return json({
        transfer: 'basic',
        objects: objects.map(({ oid, size }) => ({
          oid,
          size,
          actions: { upload: { href: `${this.url}/upload/${oid}` } },
        })),
      });
    }
    if (path === '/api/models/org/tiny/commit/main') {
      for (const line of body.toString().trim().split('\n')) {
        const { key, value } = JSON.parse(line) as { key: string; value: Record<string, string> };
        if (key === 'file') this.files.set(value.path!, Buffer.from(value.content!, 'base64'));
        if (key === 'lfsFile') this.files.set(value.path!, this.uploads.get(value.oid!)!);
      }
      return json({ success: true, commitOid: 'c0ffee', commitUrl: `${this.url}/c0ffee`, hookOutput: '' });
    }
    return json({ error: `nothing at ${path}` }, 404);
  }

  #entry(path: string, content: Buffer): object {
    const gitOid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
    const large = path.endsWith('.safetensors') || path.endsWith('.bin');
    const oid = createHash('sha256').update(content).digest('hex');
    return {
      type: 'file',
      path,
      size: content.length,
      oid: gitOid,
      ...(large && { lfs: { oid, size: content.length, pointerSize: 134 } }),
    };
  }

  #download(path: string, range?: string) {
    const content = this.files.get(path);
    if (!content) return { status: 404 };
    const sent = path === this.spoiled ? Buffer.from(content.map((byte) => byte ^ 1)) : content;
    const [, from, to] = range?.match(/^bytes=(\d+)-(\d*)$/) ?? [];
    const [start, end] = [Number(from ?? 0), to ? Number(to) + 1 : sent.length];
    const part = sent.subarray(start, end);
    const headers = {
      etag: `"${createHash('sha1').update(content).digest('hex')}"`,
      'content-length': part.length,
      'accept-ranges': 'bytes',
      ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${start + part.length - 1}/${sent.length}` }),
    };
    const cut = this.breakAfter !== undefined && part.length > this.breakAfter ? this.breakAfter : undefined;
    if (cut !== undefined) this.breakAfter = undefined;
    return { status: from === undefined ? 200 : 206, headers, body: part, ...(cut === undefined ? {} : { cut }) };
  }
}

let root: string;
let model: string;
let hub: StandIn;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-hub-'));
  model = join(root, 'model');
  const size = { vocabSize: 64, contextLength: 16, hiddenSize: 32, numLayers: 2, numHeads: 2 };
  const config = decoderConfig({ ...size, family: 'llama' });
  await saveModel(model, config, initialize(config, 1));
  await writeFile(join(model, 'README.md'), '# tiny\n');
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  hub = new StandIn();
  await hub.listen();
});
afterEach(() => hub.close());

async function fill(): Promise<void> {
  for (const name of await readdir(model)) hub.files.set(name, await readFile(join(model, name)));
  // What a repository may hold besides, some of it hostile.
  hub.files.set('pytorch_model.bin', Buffer.from('pickle'));
  hub.files.set('../outside.safetensors', Buffer.from('x'));
  hub.files.set('.gitattributes', Buffer.from('x'));
}

describe('pull', () => {
  it('takes what a model is made of, and nothing twice', async () => {
    await fill();
    const out = join(root, 'pulled');
    const pulled = await pullModel('org/tiny', { out, hub: hub.url });
    expect(pulled.files).toEqual(['README.md', 'config.json', 'generation_config.json', 'model.safetensors']);
    expect((await readdir(out)).sort()).toEqual(pulled.files);
    const [ours, theirs] = [await loadModel(model), await loadModel(out)];
    expect(theirs).toEqual(ours);
    expect((await pullModel('org/tiny', { out, hub: hub.url })).bytes).toBe(0);
    const more = await pullModel('org/tiny', { out, hub: hub.url, include: ['*.bin', '**'] });
    expect(more.files).toContain('pytorch_model.bin');
    expect(more.files.join()).not.toContain('outside');
  });

  it('goes on where it was cut off', async () => {
    await fill();
    const out = join(root, 'cut');
    hub.breakAfter = 20_000;
    await expect(pullModel('org/tiny', { out, hub: hub.url })).rejects.toMatchObject({ code: 'hub.unreachable' });
    const { size } = { size: hub.files.get('model.safetensors')!.length };
    hub.requests.length = 0;
    const pulled = await pullModel('org/tiny', { out, hub: hub.url });
    expect(hub.requests.some((request) => /model\.safetensors bytes=[1-9]\d*-/.test(request))).toBe(true);
    expect(pulled.bytes).toBeLessThan(size);
    expect((await loadModel(out)).params).toEqual((await loadModel(model)).params);
  });

  it('throws away what is not what the hub says', async () => {
    await fill();
    hub.spoiled = 'model.safetensors';
    const out = join(root, 'spoiled');
    await expect(pullModel('org/tiny', { out, hub: hub.url })).rejects.toMatchObject({ code: 'hub.checksum' });
    expect(await readdir(out)).not.toContain('model.safetensors');
    hub.spoiled = undefined;
    await pullModel('org/tiny', { out, hub: hub.url });
  });

  it('says what is wrong', async () => {
    const out = join(root, 'wrong');
    await expect(pullModel('../x', { out, hub: hub.url })).rejects.toThrow('expected a repository as org/name');
    await expect(pullModel('none/here', { out, hub: hub.url })).rejects.toMatchObject({ code: 'hub.refused' });
    hub.files.set('notes.txt', Buffer.from('x'));
    await expect(pullModel('org/tiny', { out, hub: hub.url })).rejects.toThrow('expected a model (config.json');
    const gone = hub.url;
    await hub.close();
    await expect(pullModel('org/tiny', { out, hub: gone })).rejects.toMatchObject({
      code: 'hub.unreachable',
      exitCode: 1,
    });
  });
});

describe('push', () => {
  it('sends a model in one commit, which pulls back equal', async () => {
    const pushed = await pushModel(model, 'org/tiny', { hub: hub.url, token: hub.token });
    expect(pushed).toMatchObject({ commit: 'c0ffee', repository: 'org/tiny' });
    expect([...hub.files.keys()].sort()).toEqual(pushed.files);
    const out = join(root, 'back');
    await pullModel('org/tiny', { out, hub: hub.url });
    expect((await loadModel(out)).params).toEqual((await loadModel(model)).params);
    expect(hub.requests.filter((request) => request.includes('/commit/'))).toHaveLength(1);
  });

  it('needs a token and a model', async () => {
    await expect(pushModel(model, 'org/tiny', { hub: hub.url })).rejects.toThrow('HF_TOKEN');
    await expect(pushModel(model, 'org/tiny', { hub: hub.url, token: 'hf_other' })).rejects.toMatchObject({
      code: 'hub.refused',
    });
    await mkdir(join(root, 'empty'));
    const empty = pushModel(join(root, 'empty'), 'org/tiny', { hub: hub.url, token: hub.token });
    await expect(empty).rejects.toMatchObject({ code: 'model.missing' });
  });
});

it('keeps a stranger’s paths inside the folder', () => {
  for (const path of ['../a', 'a/../b', '/etc/passwd', 'a\\b', 'C:x', '', 'a//b', '.pull/x', 'a\0b']) {
    expect(isSafe(path), path).toBe(false);
  }
  expect(isWanted('model-00001-of-00002.safetensors')).toBe(true);
  expect(isWanted('pytorch_model.bin')).toBe(false);
  expect(isWanted('onnx/model.onnx', [patternOf('onnx/**')])).toBe(true);
  expect(isWanted('../x.onnx', [patternOf('**')])).toBe(false);
});
