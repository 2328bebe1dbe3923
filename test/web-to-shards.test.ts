import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { webToShards } from '../examples/web-to-shards/web-to-shards.mjs';
import * as tokenizer from '../src/model/tokenizer/index.js';
import * as crawl from '../src/stages/data/crawl/index.js';
import * as data from '../src/stages/data/index.js';
import * as pipeline from '../src/stages/data/pipeline/index.js';
import * as recipes from '../src/app/recipes/index.js';
import { repositoryRoot, testData } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'web-to-shards-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const rooms = { crawl, pipeline, recipes, data, tokenizer };
const documentsIn = async (out: string) => {
  const found: data.Document[] = [];
  for await (const document of pipeline.readOutput(join(out, 'clean'))) found.push(document);
  return found;
};

describe('examples/web-to-shards', () => {
  it('makes shards of its own pages', async () => {
    const out = join(folder, 'own');
    const result = await webToShards(rooms, {
      pages: join(repositoryRoot, 'examples/web-to-shards/pages'),
      out,
      workers: 0,
    });
    expect(result).toMatchObject({
      crawled: 4,
      read: 4,
      documents: 4,
      failures: 0,
      left: { 'robots.txt': 1, noai: 1 },
    });
    const documents = await documentsIn(out);
    expect(documents.map((item) => item.title).sort()).toEqual(['Colours', 'Eggs of birds', 'Nests', 'Shells']);
    expect(
      documents.every(
        (item) => !item.text.includes('Home') && item.language === 'en' && item.url?.startsWith('http://127.0.0.1'),
      ),
    ).toBe(true);
    // What the shards hold is what the documents say.
    const shards = data.openShards(join(out, 'shards'));
    const trained = tokenizer.Tokenizer.fromJson(JSON.parse(readFileSync(join(out, 'tokenizer.json'), 'utf8')));
    const texts = Array.from({ length: shards.count }, (_, i) => {
      const ids = new Int32Array(shards.lengthOf(i));
      shards.copy(i, 0, ids.length, ids, 0);
      return trained.decode([...ids].filter((id) => id !== 0));
    });
    shards.close();
    expect(texts.sort()).toEqual(documents.map((item) => item.text).sort());
  });

  it('makes shards of the shared pages', async (context) => {
    const pages = testData(context, 'crawl/html-readability');
    const names = readdirSync(pages)
      .filter((name) => name !== 'SOURCE.md')
      .slice(0, 20);
    const out = join(folder, 'shared');
    const result = await webToShards(rooms, {
      pages,
      out,
      start: names.map((name) => `/${name}/source.html`),
      workers: 0,
    });
    expect(result.read).toBe(result.crawled);
    expect(result.documents).toBeGreaterThanOrEqual(15);
    expect(result.tokens).toBeGreaterThan(10_000);
  });
});
