import { createReadStream, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestServer, startTestServer } from '../../../base/net/testing/index.js';
import { type WarcRecord, readWarc } from '../warc/index.js';
import { crawl } from './crawler.js';
import type { CrawlOptions, CrawlResult } from './options.js';

/** Servers and folders of a test file. */
export class Ground {
  readonly root = mkdtempSync(join(tmpdir(), 'abovo-crawl-'));
  #number = 0;
  readonly #servers: TestServer[] = [];

  async serve(
    handle: (request: IncomingMessage, response: ServerResponse, server: TestServer) => void,
  ): Promise<TestServer> {
    const server: TestServer = await startTestServer((request, response) => handle(request, response, server));
    this.#servers.push(server);
    return server;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers.splice(0)) await server.close();
  }

  clear(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  fresh(): string {
    return join(this.root, String(this.#number++));
  }

  run(server: TestServer, options: Partial<CrawlOptions> = {}): Promise<CrawlResult> {
    return crawl({
      seeds: [`${server.url}/`],
      folder: this.fresh(),
      allowHosts: ['127.0.0.1'],
      delay: 0,
      ...options,
    });
  }
}

/** Records of a crawl's archive. Errors: any damage. */
export async function recordsIn(folder: string): Promise<WarcRecord[]> {
  const records: WarcRecord[] = [];
  const names = readdirSync(folder).filter((item) => item.endsWith('.warc.gz'));
  for (const name of names.sort()) {
    const onDamage = ({ reason }: { reason: string }) => {
      throw new Error(`${name}: ${reason}`);
    };
    for await (const record of readWarc(createReadStream(join(folder, name)), { onDamage })) records.push(record);
  }
  return records;
}

export function pathsOf(records: readonly WarcRecord[], type = 'response'): string[] {
  return records
    .filter((item) => item.type === type)
    .map((item) => new URL(item.url!).pathname + new URL(item.url!).search);
}

export function sendHtml(response: ServerResponse, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(body);
}

export function linksTo(...to: string[]): string {
  return to.map((href) => `<a href="${href}">x</a>`).join('');
}

/** Pages that a server was asked for. */
export function asked(server: TestServer): string[] {
  return server.seen.map((item) => item.url).filter((url) => !/robots\.txt|tdmrep|sitemap/.test(url));
}
