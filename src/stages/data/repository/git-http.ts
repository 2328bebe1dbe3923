import type { HttpClient as GitHttpClient } from 'isomorphic-git';
import { InvalidInput } from '../../../base/core/index.js';
import type { HttpClient } from '../../../base/net/index.node.js';

/** Bytes of a request that git may send: it says what it wants, it sends no packs. */
const mostSent = 16 * 1024 * 1024;

/** The way to a git server: base/net's, so that no redirect and no name leads into a private network, and sizes are bounded. */
export function gitHttp(client: HttpClient): GitHttpClient {
  return {
    async request({ url, method = 'GET', headers = {}, body, signal }) {
      const parts: Uint8Array[] = [];
      let size = 0;
      if (body) {
        for await (const part of body) {
          size += part.length;
          if (size > mostSent)
            throw new InvalidInput('repository.request', `git: a request of more than ${mostSent} bytes`);
          parts.push(part);
        }
      }
      const answer = await client.open(url, {
        method: method === 'POST' ? 'POST' : 'GET',
        headers,
        ...(parts.length > 0 ? { body: Buffer.concat(parts) } : {}),
        ...(signal ? { signal } : {}),
      });
      return {
        url: answer.url,
        method,
        headers: { ...answer.headers },
        body: answer.body[Symbol.asyncIterator]() as AsyncIterableIterator<Uint8Array>,
        statusCode: answer.status,
        statusMessage: answer.statusText,
      };
    },
  };
}
