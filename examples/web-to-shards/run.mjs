// node examples/web-to-shards/run.mjs [--pages FOLDER] [--out FOLDER]
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { webToShards } from './web-to-shards.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: { pages: { type: 'string' }, out: { type: 'string' } },
});
/** A room of the compiled package. @param {string} name */
const room = (name) => import(`abovo/${name}`);
const [crawl, pipeline, recipes, data, tokenizer] = await Promise.all(
  ['data/crawl', 'data/pipeline', 'recipes', 'data', 'tokenizer'].map(room),
);
const result = await webToShards(
  { crawl, pipeline, recipes, data, tokenizer },
  { pages: resolve(values.pages ?? join(here, 'pages')), out: resolve(values.out ?? join(here, '.abovo')) },
);
console.log(JSON.stringify({ ok: true, ...result }));
