// Handbook, products and tickets → clean documents → chats and a data card.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { handbookPdf, serveTickets } from './data.mjs';

/**
 * The rooms of abovo that the example stands on.
 * @typedef {{
 *   pipeline: typeof import('../../src/stages/data/pipeline/index.js'),
 *   card: typeof import('../../src/stages/data/card/index.js'),
 * }} Rooms
 * @typedef {import('../../src/stages/data/document.js').Document} Document
 */

/** A chat about a document, by where it came from. @param {Document} document */
function chatOf({ source, text, title, metadata }) {
  const ticket = /^Question: ([\s\S]*?)\nAnswer: ([\s\S]*)$/.exec(text);
  const [question, answer] = ticket
    ? [ticket[1], ticket[2]]
    : metadata?.name
      ? [`What should I know about the ${metadata.name}?`, text]
      : [`What does the handbook say${title ? ` (${title})` : ''}?`, text];
  const messages = [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ];
  return { messages, source };
}

/**
 * @param {Rooms} rooms
 * @param {{ out: string, database: 'postgres' | 'mysql' | 'sqlite', url: string, workers?: number }} options `url`: the database with the products
 */
export async function companyChats(rooms, { out, database, url, workers = 1 }) {
  await mkdir(join(out, 'papers'), { recursive: true });
  await writeFile(join(out, 'papers', 'handbook.pdf'), handbookPdf());
  const key = 'key-of-the-example';
  const api = await serveTickets(key);
  process.env.COMPANY_TICKETS_KEY = key;
  process.env.COMPANY_DATABASE = url;
  // Whoever has this key could tell which surrogate stands for whom: a real one is kept secret.
  process.env.COMPANY_PII_KEY ??= 'pii-key-of-the-example';
  try {
    const { report } = await rooms.pipeline.runPipeline({
      folder: join(out, 'run'),
      projectFolder: out,
      workers,
      seed: 1,
      sources: [
        { kind: 'files', name: 'handbook', files: ['papers/*.pdf'], licence: 'LicenseRef-company', access: 'internal' },
        {
          kind: 'sql',
          name: 'products',
          database,
          urlVariable: 'COMPANY_DATABASE',
          query: 'select id, name, description from products',
          key: 'id',
          template: '{description}',
          metadata: ['name'],
          licence: 'LicenseRef-company',
          access: 'internal',
        },
        {
          kind: 'httpApi',
          name: 'tickets',
          url: api.url,
          allowHosts: ['127.0.0.1'],
          secretHeaders: { Authorization: { env: 'COMPANY_TICKETS_KEY', prefix: 'Bearer ' } },
          items: '$.items',
          text: 'Question: {question}\nAnswer: {answer}',
          id: '$.key',
          time: '$.updated',
          subject: '$.customer',
          pagination: { kind: 'cursor', parameter: 'cursor', path: '$.next' },
          requestIntervalMs: 0,
          licence: 'LicenseRef-company',
          access: 'personal',
        },
      ],
      steps: ['normalize', 'language', { pii: { action: 'substitute', keyEnv: 'COMPANY_PII_KEY' } }, 'exactDedup'],
    });
    /** @type {Document[]} */
    const documents = [];
    for await (const document of rooms.pipeline.readOutput(join(out, 'run'))) documents.push(document);
    const chats = documents.map(chatOf);
    await writeFile(join(out, 'chats.jsonl'), chats.map((chat) => `${JSON.stringify(chat)}\n`).join(''));
    const measure = await rooms.card.measureDataset(documents);
    const use = { commercial: true };
    await writeFile(join(out, 'card.html'), rooms.card.dataCardHtml(measure, { title: 'The company’s chats', use }));
    const licences = report.licences.map(({ licence, documents: count }) => ({ licence, documents: count }));
    const conflicts = rooms.card.licenceConflicts(licences, use).filter(({ severity }) => severity === 'stop');
    return {
      documents: documents.length,
      chats: chats.length,
      rejects: report.read.rejects,
      conflicts: conflicts.length,
    };
  } finally {
    await api.close();
  }
}
