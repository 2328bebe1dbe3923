// Site → WARC → documents → tokenizer → shards.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveFolder } from './site.mjs';

/**
 * The rooms of abovo that the example stands on.
 * @typedef {{
 *   crawl: typeof import('../../src/stages/data/crawl/index.js'),
 *   pipeline: typeof import('../../src/stages/data/pipeline/index.js'),
 *   recipes: typeof import('../../src/app/recipes/index.js'),
 *   data: typeof import('../../src/stages/data/index.js'),
 *   tokenizer: typeof import('../../src/model/tokenizer/index.js'),
 * }} Rooms
 */

const here = dirname(fileURLToPath(import.meta.url));

/**
 * @param {Rooms} rooms
 * @param {{ pages: string, out: string, start?: readonly string[], vocabSize?: number, workers?: number }} options `start`: paths to begin with; default: the root, or all pages of a folder without index.html
 */
export async function webToShards(rooms, { pages, out, start, vocabSize = 512, workers }) {
  // The server has another port each time: what an earlier run has crawled are other addresses.
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const paths = start ?? (await startingPaths(pages));
  const site = await serveFolder(pages);
  /** @type {Awaited<ReturnType<typeof rooms.crawl.crawl>>} */
  let crawled;
  try {
    crawled = await rooms.crawl.crawl({
      seeds: paths.map((path) => site.origin + path),
      folder: join(out, 'crawl'),
      // The server is this machine's own: the crawler would refuse its address otherwise.
      allowHosts: ['127.0.0.1'],
      delay: 0,
    });
  } finally {
    await site.close();
  }

  const { input } = await rooms.recipes.loadPipeline(join(here, 'pipeline.yaml'));
  const sources = input.sources.map((source) => ({ ...source, files: [join(out, 'crawl', '*.warc.gz')] }));
  const clean = join(out, 'clean');
  const { report } = await rooms.pipeline.runPipeline({
    ...input,
    sources,
    folder: clean,
    projectFolder: out,
    workers,
  });

  const texts = async function* () {
    for await (const { text } of rooms.pipeline.readOutput(clean, report)) yield text;
  };
  const tokenizer = await rooms.tokenizer.trainBpe(texts(), { vocabSize });
  await writeFile(join(out, 'tokenizer.json'), JSON.stringify(tokenizer.toJson()));
  const folder = join(out, 'shards');
  const shards = await rooms.data.tokenizeToShards(rooms.pipeline.readOutput(clean, report), tokenizer, {
    folder,
    eos: 0,
  });
  return {
    crawled: crawled.pages,
    left: crawled.left,
    read: report.read.documents,
    failures: report.failures,
    dropped: Object.fromEntries(report.steps.map((step) => [step.name, step.dropped])),
    documents: shards.documents,
    tokens: shards.tokens,
    bytes: shards.bytes,
  };
}

/** @param {string} folder */
async function startingPaths(folder) {
  if (existsSync(join(folder, 'index.html'))) return ['/'];
  const names = await readdir(folder, { recursive: true });
  const pages = names.filter((name) => name.endsWith('.html')).sort();
  return pages.map((name) => `/${name.split(sep).map(encodeURIComponent).join('/')}`);
}
