// The company's data, made up: a handbook (PDF), products (rows), tickets (an HTTP API). Names and numbers are synthetic.
import { createServer } from 'node:http';

const subjects = ['egg', 'nest', 'hen', 'feed', 'coop', 'incubator', 'perch', 'crate'];
const people = ['Ada Example', 'Ben Sample', 'Cleo Placeholder', 'Dan Specimen'];

/** Rows of the table `products`. */
export const products = Array.from({ length: 40 }, (_, i) => {
  const subject = subjects[i % subjects.length];
  const size = ['small', 'medium', 'large', 'giant', 'round'][i % 5];
  return {
    id: i + 1,
    name: `${size} ${subject}`,
    description: `Our ${size} ${subject} number ${i + 1} is made for farms with up to ${(i + 1) * 10} birds and lasts ${1 + (i % 9)} years when it is kept dry.`,
  };
});

/** Tickets as the API gives them; each names a customer, who must not stand in the training data. */
export const tickets = Array.from({ length: 30 }, (_, i) => {
  const person = people[i % people.length];
  const address = `${person.split(' ')[0]?.toLowerCase()}@example.com`;
  const subject = subjects[(i * 3) % subjects.length];
  return {
    key: `T-${1000 + i}`,
    customer: address,
    updated: `2025-03-${String(1 + (i % 28)).padStart(2, '0')}T09:00:00Z`,
    question: `My name is ${person} and my ${subject} arrived broken. You can write to ${address} or call +1 202-555-01${String(10 + i).slice(-2)}. What shall I do?`,
    answer: `We are sorry that the ${subject} arrived broken. Please send a picture with the order number ${4000 + i}, and we will send a new ${subject} within ${2 + (i % 5)} days.`,
  };
});

const handbook = [
  [
    'Returns',
    'Goods that arrive broken are replaced within seven days. The customer sends a picture and keeps the broken part until it is collected by the carrier.',
  ],
  [
    'Storage',
    'Feed is stored in a dry room below eighteen degrees. Bags that were opened are used within two weeks and are closed with a clip every evening.',
  ],
  [
    'Safety',
    'Incubators are switched off before they are cleaned. Nobody works alone in the hatchery, and the doors stay unlocked from the inside.',
  ],
];

/** The handbook as a PDF of one page per chapter, written by hand. @returns {Buffer} */
export function handbookPdf() {
  /** @type {string[]} */
  const objects = [];
  const pages = handbook.map((_, i) => 4 + 2 * i);
  objects[1] = '<< /Type /Catalog /Pages 2 0 R >>';
  objects[2] = `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((page) => `${page} 0 R`).join(' ')}] >>`;
  objects[3] = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>';
  handbook.forEach(([title, text], i) => {
    const lines = (text ?? '').match(/.{1,80}(?:\s|$)/g) ?? [];
    const content = [
      `BT /F1 18 Tf 72 720 Td (${title}) Tj ET`,
      ...lines.map((line, n) => `BT /F1 11 Tf 72 ${690 - 16 * n} Td (${line.trim()}) Tj ET`),
    ].join('\n');
    const page = /** @type {number} */ (pages[i]);
    objects[page] =
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${page + 1} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`;
    objects[page + 1] = `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
  });
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, number) => {
    const at = body.length;
    body += `${number} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const xref = body.length;
  const table = offsets.slice(1).map((at) => `${String(at).padStart(10, '0')} 00000 n \n`);
  body += `xref\n0 ${objects.length}\n0000000000 65535 f \n${table.join('')}trailer\n<< /Size ${objects.length} /Root 1 0 R >>\nstartxref\n${xref}\n%%EOF\n`;
  return Buffer.from(body, 'latin1');
}

/** Statements that make and fill the table, in the SQL that all databases read. */
export function productStatements() {
  const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", "''")}'`;
  const rows = products.map(({ id, name, description }) => `(${id}, ${quoted(name)}, ${quoted(description)})`);
  return [
    'drop table if exists products',
    'create table products (id integer primary key, name varchar(100), description varchar(1000))',
    `insert into products values ${rows.join(', ')}`,
  ];
}

/** Serves the tickets on loopback: ten a page, behind a key, and busy at first. @param {string} key */
export async function serveTickets(key) {
  let asked = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.headers.authorization !== `Bearer ${key}`) response.writeHead(401).end();
    else if (asked++ === 0) response.writeHead(429, { 'retry-after': '0' }).end();
    else {
      const start = Number(url.searchParams.get('cursor') ?? 0);
      const items = tickets.slice(start, start + 10);
      const next = start + 10 < tickets.length ? String(start + 10) : null;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items, next }));
    }
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/tickets`, close: () => new Promise((done) => server.close(done)) };
}
