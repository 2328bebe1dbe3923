// Site → WARC → documents → tokenizer → shards.
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { serveFolder } from './site.mjs';
import { steps } from './steps.mjs';

/**
 * The rooms of abovo that the example stands on.
 * @typedef {{
 *   crawl: typeof import('../../src/stages/data/crawl/index.js'),
 *   warc: typeof import('../../src/stages/data/warc/index.js'),
 *   data: typeof import('../../src/stages/data/index.js'),
 *   tokenizer: typeof import('../../src/model/tokenizer/index.js'),
 * }} Rooms
 */

/**
 * @param {Rooms} rooms
 * @param {{ pages: string, out: string, start?: readonly string[], vocabSize?: number }} options `start`: paths to begin with, default the root
 */
export async function webToShards(rooms, { pages, out, start = ['/'], vocabSize = 512 }) {
  await mkdir(out, { recursive: true });
  // The server has another port each time: an earlier crawl is of other addresses.
  await rm(join(out, 'crawl'), { recursive: true, force: true });
  const site = await serveFolder(pages);
  /** @type {Awaited<ReturnType<typeof rooms.crawl.crawl>>} */
  let crawled;
  try {
    crawled = await rooms.crawl.crawl({
      seeds: start.map((path) => site.origin + path),
      folder: join(out, 'crawl'),
      // The server is this machine's own: the crawler would refuse its address otherwise.
      allowHosts: ['127.0.0.1'],
      delay: 0,
    });
  } finally {
    await site.close();
  }

  /** @type {import('../../src/stages/data/document.js').Reject[]} */
  const rejects = [];
  const documents = join(out, 'documents.jsonl');
  const written = await writeDocuments(rooms, out, documents, (reject) => rejects.push(reject));
  await writeFile(join(out, 'rejects.jsonl'), rejects.map((reject) => `${JSON.stringify(reject)}\n`).join(''));

  const tokenizer = await rooms.tokenizer.trainBpe(textsOf(documents), { vocabSize });
  await writeFile(join(out, 'tokenizer.json'), JSON.stringify(tokenizer.toJson()));
  const shards = await rooms.data.tokenizeToShards(lines(documents), tokenizer, {
    folder: join(out, 'shards'),
    eos: 0,
  });
  return {
    pages: crawled.pages,
    left: crawled.left,
    documents: written,
    rejects: rejects.length,
    tokens: shards.tokens,
    bytes: shards.bytes,
  };
}

/**
 * Reads the archive through the source and the steps, and writes what is left.
 * @param {Rooms} rooms
 * @param {string} out
 * @param {string} path
 * @param {(reject: import('../../src/stages/data/document.js').Reject) => void} onReject
 */
async function writeDocuments(rooms, out, path, onReject) {
  const { warcSource } = rooms.warc;
  const source = await warcSource.create(warcSource.options.parse({ files: ['crawl/*.warc.gz'] }), { folder: out });
  const ready = await Promise.all(steps.map((step) => step.create(step.options.parse({}), { folder: out, seed: 1 })));
  const file = createWriteStream(path);
  let count = 0;
  for (const task of await source.tasks()) {
    for await (const item of source.read(task, { onReject })) {
      /** @type {import('../../src/stages/data/document.js').Document | undefined} */
      let document = item.document;
      for (const step of ready) {
        const outcome = await step.apply(document);
        if ('drop' in outcome) {
          onReject({ source: document.url ?? document.source, reason: `${outcome.drop}: ${outcome.detail}` });
          document = undefined;
          break;
        }
        document = /** @type {import('../../src/stages/data/document.js').Document} */ (outcome);
      }
      if (!document) continue;
      count++;
      if (!file.write(`${JSON.stringify(document)}\n`)) await once(file, 'drain');
    }
  }
  file.end();
  await once(file, 'finish');
  return count;
}

/** @param {string} path @returns {AsyncGenerator<{ readonly text: string }>} */
async function* lines(path) {
  for await (const line of createInterface({ input: createReadStream(path) })) yield JSON.parse(line);
}

/** @param {string} path */
async function* textsOf(path) {
  for await (const { text } of lines(path)) yield text;
}
