import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { companyChats } from '../examples/company/company.mjs';
import { productStatements, products, tickets } from '../examples/company/data.mjs';
import * as card from '../src/stages/data/card/index.js';
import * as pipeline from '../src/stages/data/pipeline/index.js';
import { missingMariadb, missingPostgres, startMariadb, startPostgres } from './databases.js';

const folder = mkdtempSync(join(tmpdir(), 'company-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const check = async (out: string, database: 'postgres' | 'mysql', url: string) => {
  const result = await companyChats({ pipeline, card }, { out, database, url });
  expect(result).toMatchObject({ rejects: 0, conflicts: 0 });
  const lines = readFileSync(join(out, 'chats.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(result.chats);
  const text = lines.join('\n');
  // Every product is there, tickets that differ in numbers alone once each, and nobody's name, address or number.
  const kinds = new Set(tickets.map(({ question, answer }) => (question + answer).replace(/\d+/g, '')));
  expect(result.documents).toBe(products.length + kinds.size + 1);
  for (const { name } of products) expect(text).toContain(`What should I know about the ${name}?`);
  for (const secret of ['ada@', 'ben@', 'cleo@', 'dan@', '202-555-01', '202555']) expect(text).not.toContain(secret);
  expect(text).toContain('replaced within seven days');
  const html = readFileSync(join(out, 'card.html'), 'utf8');
  expect(html).toContain('LicenseRef-company');
};

describe('examples/company', () => {
  it('makes chats of a handbook, a real Postgres and an API', async ({ skip }) => {
    const reason = missingPostgres();
    if (reason) skip(reason);
    const server = await startPostgres();
    try {
      const { default: pg } = await import('pg');
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      for (const statement of productStatements()) await client.query(statement);
      await client.end();
      await check(join(folder, 'postgres'), 'postgres', server.url);
    } finally {
      await server.stop();
    }
  }, 120_000);

  it('does so from a real MariaDB', async ({ skip }) => {
    const reason = missingMariadb();
    if (reason) skip(reason);
    const server = await startMariadb();
    try {
      const mysql = await import('mysql2/promise');
      const url = server.url.replace(/mysql$/, 'farm');
      const connection = await mysql.createConnection({ uri: server.url });
      await connection.query('create database farm');
      await connection.query('use farm');
      for (const statement of productStatements()) await connection.query(statement);
      await connection.end();
      await check(join(folder, 'mariadb'), 'mysql', url);
    } finally {
      await server.stop();
    }
  }, 120_000);
});
