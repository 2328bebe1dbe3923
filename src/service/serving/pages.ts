import { readFileSync, readdirSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};

/** Nothing but this server's own files, no inline script, no frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A folder of static pages, read once: a path that was not there at the start is never looked up on disk. */
export class Pages {
  readonly #files = new Map<string, { body: Uint8Array<ArrayBuffer>; type: string }>();

  constructor(folder: string) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const type = types[extname(entry.name)];
      if (!entry.isFile() || !type) continue;
      const path = join(entry.parentPath, entry.name);
      const name = `/${relative(folder, path).split(sep).join('/')}`;
      const file = { body: Uint8Array.from(readFileSync(path)), type };
      this.#files.set(name, file);
      if (name.endsWith('/index.html')) this.#files.set(name.slice(0, -'index.html'.length), file);
    }
  }

  respond(path: string): Response | undefined {
    const file = this.#files.get(path);
    if (!file) return undefined;
    return new Response(file.body, {
      headers: {
        'content-type': file.type,
        'cache-control': 'no-cache',
        'content-security-policy': policy,
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      },
    });
  }
}
