import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingMariadb, missingPostgres, startMariadb, startPostgres } from '../../../../test/databases.js';
import type { TestDatabase } from '../../../../test/databases.js';
import type { Json } from '../../../base/core/index.js';
import type { Document, Reject } from '../document.js';
import { fillTemplate, parseTemplate } from '../template.js';
import { sqlOptions, sqlSource } from './index.js';

const rows = 2503;
const body = (n: number) => `Egg ${n}: ${'yolk '.repeat(n % 7)}ß😀`;

interface Case {
  readonly database: 'postgres' | 'mysql' | 'sqlite' | 'duckdb';
  readonly url: string;
}

const collect = async (options: object, cursor?: Json, most = Number.POSITIVE_INFINITY) => {
  const source = await sqlSource.create(sqlOptions.parse(options), { folder: '.' });
  const documents: Document[] = [];
  const rejects: Reject[] = [];
  let last: Json | undefined;
  for (const task of await source.tasks()) {
    for await (const item of source.read(task, {
      onReject: (reject) => rejects.push(reject),
      ...(cursor === undefined ? {} : { cursor }),
    })) {
      documents.push(item.document);
      last = item.cursor;
      if (documents.length >= most) break;
    }
  }
  return { documents, rejects, last };
};

/** What holds for every database whose table `eggs` has these rows and `nest` a big, a repeated and an empty key. */
function behaviour(get: () => Case): void {
  const base = () => ({
    ...get(),
    query: 'select id, title, body, laid from eggs;',
    key: 'id',
    template: '{title}\n{body}',
  });

  it('reads every row once, in pages, in the order of the key', async () => {
    const { documents, rejects } = await collect({
      ...base(),
      pageRows: 500,
      title: '{title}',
      timeColumn: 'laid',
      licence: 'CC0-1.0',
    });
    expect(rejects).toEqual([]);
    expect(documents.map(({ id }) => Number(id))).toEqual(Array.from({ length: rows }, (_, i) => i + 1));
    expect(documents[16]).toMatchObject({
      text: `egg 17\n${body(17)}`,
      title: 'egg 17',
      licence: 'CC0-1.0',
      access: 'internal',
    });
    expect(documents[16]?.time).toContain('2024-05-17');
  });

  it('goes on behind any row', async () => {
    for (const most of [1, 500, 501, rows]) {
      const { last } = await collect({ ...base(), pageRows: 500 }, undefined, most);
      const { documents } = await collect({ ...base(), pageRows: 500 }, JSON.parse(JSON.stringify(last)));
      expect(documents.map(({ id }) => Number(id))).toEqual(
        Array.from({ length: rows - most }, (_, i) => most + i + 1),
      );
    }
  });

  it('orders by several columns, with numbers beyond 2^53 and rows without a key', async () => {
    const options = {
      ...get(),
      query: 'select branch, egg, note from nest',
      key: ['branch', 'egg'],
      template: '{note}',
      pageRows: 2,
    };
    const { documents, rejects } = await collect(options);
    expect(documents.map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(documents[3]?.id).toBe('2/9007199254740993');
    expect(rejects).toHaveLength(1);
    expect(rejects[0]?.reason).toContain('1 row(s) with an empty branch or egg');
    for (let most = 1; most < 5; most++) {
      const { last } = await collect(options, undefined, most);
      const { documents: rest } = await collect(options, JSON.parse(JSON.stringify(last)));
      expect(rest.map(({ text }) => text).join('')).toBe('abcde'.slice(most));
    }
  });

  it('refuses a key that is not unique, unknown columns, a wrong statement and a write', async () => {
    await expect(
      collect({ ...get(), query: 'select branch, note from nest', key: 'branch', template: '{note}' }),
    ).rejects.toThrow(/unique/);
    await expect(collect({ ...base(), template: '{titel}' })).rejects.toThrow(/did you mean title/);
    await expect(collect({ ...base(), query: 'selekt 1' })).rejects.toMatchObject({ exitCode: 2 });
    await expect(collect({ ...base(), query: 'delete from eggs returning id, title, body' })).rejects.toMatchObject({
      exitCode: 2,
    });
    expect((await collect({ ...base(), pageRows: 100_000 })).documents).toHaveLength(rows);
  });

  it('describes tables', async () => {
    const { documents } = await collect({ ...get(), describe: ['eggs'] });
    expect(documents).toHaveLength(1);
    expect(documents[0]?.text).toMatch(/^Table .*eggs\n/);
    expect(documents[0]?.text).toMatch(/- title: /);
  });
}

const schema = (text: string, big: string) => [
  `create table eggs (id ${big} primary key, title ${text}, body ${text}, laid timestamp)`,
  `create table nest (branch ${big}, egg ${big}, note ${text})`,
  `insert into nest values (1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c'), (2, 9007199254740993, 'd'), (2, 9007199254740994, 'e'), (null, 1, 'x')`,
];
const inserts = function* () {
  for (let from = 1; from <= rows; from += 500) {
    const values = Array.from({ length: Math.min(500, rows - from + 1) }, (_, i) => from + i).map(
      (n) => `(${n}, 'egg ${n}', '${body(n)}', '2024-05-${String(n % 28 || 28).padStart(2, '0')} 10:00:00')`,
    );
    yield `insert into eggs values ${values.join(', ')}`;
  }
};

describe('Postgres', () => {
  let server: TestDatabase | undefined;
  const reason = missingPostgres();
  beforeEach(({ skip }) => {
    if (reason) skip(reason);
  });
  beforeAll(async () => {
    if (reason) return;
    server = await startPostgres();
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    for (const statement of [...schema('text', 'bigint'), ...inserts()]) await client.query(statement);
    await client.query(`comment on table eggs is 'What was laid'`);
    await client.query(`comment on column eggs.title is 'How it is called'`);
    await client.query(`create role guest login password 'hatch' `);
    await client.end();
  }, 60_000);
  afterAll(() => server?.stop());

  behaviour(() => ({ database: 'postgres', url: (server as TestDatabase).url }));

  it('tells what comments say', async () => {
    const { documents } = await collect({ database: 'postgres', url: server?.url, describe: true });
    const text = documents.find(({ title }) => title === 'public.eggs')?.text;
    expect(text).toContain('What was laid');
    expect(text).toContain('- title: text, may be empty. How it is called');
  });

  it('keeps passwords out of errors, and stops slow statements', async () => {
    process.env.ABOVO_TEST_DATABASE = server?.url
      .replace('abovo@', 'nobody:opensesame@')
      .replace(/\d+\/postgres$/, '1/postgres');
    const refused = collect({ database: 'postgres', urlVariable: 'ABOVO_TEST_DATABASE', describe: true });
    await expect(refused).rejects.toMatchObject({ exitCode: 1 });
    await expect(refused).rejects.not.toThrow(/opensesame/);
    const slow = {
      database: 'postgres',
      url: server?.url,
      query: `select 1 as id, pg_sleep(20)::text as body`,
      key: 'id',
      template: '{body}',
      timeoutSeconds: 0.2,
    };
    await expect(collect(slow)).rejects.toThrow(/timeout/);
  });
});

describe('MariaDB', () => {
  let server: TestDatabase | undefined;
  const reason = missingMariadb();
  beforeEach(({ skip }) => {
    if (reason) skip(reason);
  });
  beforeAll(async () => {
    if (reason) return;
    server = await startMariadb();
    const mysql = await import('mysql2/promise');
    const connection = await mysql.createConnection({ uri: server.url, charset: 'utf8mb4' });
    await connection.query('create database farm character set utf8mb4');
    await connection.query('use farm');
    for (const statement of [...schema('text', 'bigint'), ...inserts()]) await connection.query(statement);
    await connection.end();
  }, 60_000);
  afterAll(() => server?.stop());

  behaviour(() => ({ database: 'mysql', url: (server as TestDatabase).url.replace(/mysql$/, 'farm') }));
});

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'abovo-sql-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe('SQLite', () => {
    beforeAll(async () => {
      const { Database } = await import('node-sqlite3-wasm');
      const database = new Database(join(folder, 'farm.sqlite'));
      for (const statement of [...schema('text', 'integer'), ...inserts()]) database.exec(statement);
      database.close();
    });
    behaviour(() => ({ database: 'sqlite', url: `sqlite:${join(folder, 'farm.sqlite')}` }));
  });

  describe('DuckDB', () => {
    beforeAll(async () => {
      const { DuckDBInstance } = await import('@duckdb/node-api');
      const instance = await DuckDBInstance.create(join(folder, 'farm.duckdb'));
      const connection = await instance.connect();
      for (const statement of [...schema('varchar', 'bigint'), ...inserts()]) await connection.run(statement);
      connection.closeSync();
      instance.closeSync();
    });
    behaviour(() => ({ database: 'duckdb', url: `duckdb:${join(folder, 'farm.duckdb')}` }));
  });

  it('names a file that is not there', async () => {
    await expect(collect({ database: 'sqlite', url: 'sqlite:none.db', describe: true })).rejects.toThrow(/none\.db/);
  });
});

describe('options and templates', () => {
  it('refuses a password in the file, and a query without key or template', () => {
    const parsed = sqlOptions.safeParse({
      database: 'postgres',
      url: 'postgres://me:secret@host/db',
      query: 'select 1',
    });
    expect(parsed.error?.issues.map(({ path }) => path[0]).sort()).toEqual(['key', 'template', 'url']);
  });

  it('fills any value into any template', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, value) => {
        const escaped = before.replaceAll('{', '{{').replaceAll('}', '}}');
        expect(fillTemplate(parseTemplate(`${escaped}{a}`), () => value)).toBe(before + value);
      }),
    );
    expect(() => parseTemplate('{open')).toThrow(/expected a name between braces/);
    expect(() => parseTemplate('a {} b')).toThrow(/got \{\}/);
  });
});
