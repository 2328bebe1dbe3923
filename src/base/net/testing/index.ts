/**
 * A local web server for tests of what goes out.
 *
 * @module
 * @example
 * ```ts
 * import { createHttpClient } from 'abovo/net/node';
 * import { startTestServer } from 'abovo/net/testing';
 * const server = await startTestServer((request, response) => void response.end(`you asked for ${request.url}`));
 * const http = createHttpClient({ allowHosts: ['127.0.0.1'] });
 * const answer = await http.fetch(`${server.url}/egg`);
 * const text = await answer.text();
 * await http.close();
 * await server.close();
 * text; // 'you asked for /egg'
 * ```
 */
export { startTestServer } from './server.js';
export type { Handler, TestServer } from './server.js';
