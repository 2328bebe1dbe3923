// A web server for a folder of pages, on a free port of this machine.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

const types = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml',
  '.json': 'application/json',
});

/**
 * Serves `folder`; `{{origin}}` in robots.txt and sitemaps becomes the server's address.
 * @param {string} folder
 * @returns {Promise<{ origin: string, close(): Promise<void> }>}
 */
export async function serveFolder(folder) {
  let origin = '';
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
    const name = normalize(path.endsWith('/') ? `${path}index.html` : path);
    try {
      if (name.split(sep).includes('..')) throw new Error('outside');
      const bytes = await readFile(join(folder, name));
      const body = /\.(?:txt|xml)$/.test(name) ? bytes.toString('utf8').replaceAll('{{origin}}', origin) : bytes;
      response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('no such page');
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
