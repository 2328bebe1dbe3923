// node examples/company/run.mjs [--database sqlite|postgres|mysql --url ADDRESS] [--out FOLDER]
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { companyChats } from './company.mjs';
import { productStatements } from './data.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    database: { type: 'string', default: 'sqlite' },
    url: { type: 'string' },
    out: { type: 'string' },
  },
});
const out = resolve(values.out ?? join(here, '.abovo'));
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const database = /** @type {'sqlite' | 'postgres' | 'mysql'} */ (values.database);
const url = values.url ?? `sqlite:${join(out, 'farm.sqlite')}`;
if (database === 'sqlite') {
  const { Database } = await import('node-sqlite3-wasm');
  const file = new Database(join(out, 'farm.sqlite'));
  for (const statement of productStatements()) file.exec(statement);
  file.close();
}
/** A room of the compiled package. @param {string} name */
const room = (name) => import(`abovo/${name}`);
const [pipeline, card] = await Promise.all(['data/pipeline', 'data/card'].map(room));
const result = await companyChats({ pipeline, card }, { out, database, url });
console.log(JSON.stringify({ ok: result.conflicts === 0, ...result, out }));
