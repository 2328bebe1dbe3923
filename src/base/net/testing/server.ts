import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A local server for tests: `handle` answers, `seen` lists what was asked for. */
export interface TestServer {
  readonly url: string;
  readonly host: string;
  readonly seen: Array<{
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage['headers'];
    readonly at: number;
  }>;
  close(): Promise<void>;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>;

/** Starts a server on a free port of 127.0.0.1. */
export async function startTestServer(handle: Handler): Promise<TestServer> {
  const seen: TestServer['seen'] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, at: performance.now() });
      Promise.resolve(handle(request, response, body)).catch((error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      });
    });
    response.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
