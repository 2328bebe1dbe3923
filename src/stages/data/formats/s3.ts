import { InvalidInput, Random, Unavailable, messageOf } from '../../../base/core/index.js';
import type { Input } from './bytes.js';
import { globPattern, isGlob } from './files.js';
import { defaultLimits } from './limits.js';
import { allElements, firstElement, innerText, parseXml } from './xml.js';

/** An object of a bucket. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly etag: string;
}

/** Where an S3-compatible store is and who asks, from the environment; what it holds is never put into messages. */
export interface S3Environment {
  readonly AWS_ACCESS_KEY_ID?: string;
  readonly AWS_SECRET_ACCESS_KEY?: string;
  readonly AWS_SESSION_TOKEN?: string;
  readonly AWS_REGION?: string;
  readonly AWS_DEFAULT_REGION?: string;
  readonly AWS_ENDPOINT_URL_S3?: string;
  readonly AWS_ENDPOINT_URL?: string;
}

const attempts = 6;
const pieceBytes = 8 * 1024 ** 2;
const requestMs = 60_000;
const mostKeys = 5_000_000;
const retried = new Set([408, 429, 500, 502, 503, 504]);

interface Signer {
  sign(url: string, init: { method: string; headers: Record<string, string> }): Promise<Request>;
}

/** Reads buckets of an S3-compatible store: listing (version 2) and ranged reads, retried with growing, jittered pauses. */
export class S3Store {
  readonly #endpoint: string;
  readonly #signer: Promise<Signer | undefined>;
  readonly #random = new Random(Date.now() >>> 0);
  /** Milliseconds before the first retry; doubled for each further one, up to 10 s. */
  readonly #pauseMs: number;

  constructor(env: S3Environment, { pauseMs = 200 }: { readonly pauseMs?: number } = {}) {
    const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1';
    const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || `https://s3.${region}.amazonaws.com`;
    if (!URL.canParse(endpoint)) {
      throw new InvalidInput('data.s3.endpoint', `s3: expected an address in AWS_ENDPOINT_URL, got ${endpoint}`);
    }
    this.#endpoint = endpoint.replace(/\/+$/, '');
    this.#pauseMs = pauseMs;
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
    this.#signer =
      accessKeyId && secretAccessKey
        ? import('aws4fetch').then(
            ({ AwsClient }) =>
              new AwsClient({
                accessKeyId,
                secretAccessKey,
                sessionToken: AWS_SESSION_TOKEN || undefined,
                region,
                service: 's3',
                retries: 0,
              }) as Signer,
          )
        : Promise.resolve(undefined);
  }

  /** Objects below a prefix, in the order of their keys. */
  async list(bucket: string, prefix: string, signal?: AbortSignal): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    let token: string | undefined;
    do {
      const query = new URLSearchParams({ 'list-type': '2', prefix, 'encoding-type': 'url', 'max-keys': '1000' });
      if (token) query.set('continuation-token', token);
      const what = `list s3://${bucket}/${prefix}`;
      const response = await this.#request(what, `/${bucket}?${query.toString().replace(/\+/g, '%20')}`, {}, signal);
      const tree = parseXml(Buffer.from(response.bytes).toString('utf8'), defaultLimits);
      for (const item of allElements(tree, 'Contents')) {
        const key = decodeURIComponent(innerText(firstElement(item, 'Key')).replace(/\+/g, '%20'));
        const size = Number(innerText(firstElement(item, 'Size')));
        if (key.endsWith('/') && size === 0) continue;
        found.push({ bucket, key, size, etag: innerText(firstElement(item, 'ETag')) });
      }
      token = innerText(firstElement(tree, 'NextContinuationToken')) || undefined;
      if (found.length > mostKeys) {
        throw new InvalidInput('data.s3.many', `${what}: expected at most ${mostKeys} objects; give a longer prefix`);
      }
    } while (token);
    return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  }

  /** Objects that `s3://bucket/key`, a prefix or a glob names. Errors: `InvalidInput` where there are none. */
  async resolve(address: string, signal?: AbortSignal): Promise<StoredObject[]> {
    const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(address);
    if (!match) {
      throw new InvalidInput('data.s3.address', `s3: expected s3://bucket/key, prefix or glob, got ${address}`);
    }
    const [, bucket, path = ''] = match;
    let found: StoredObject[];
    if (isGlob(path)) {
      const names = path.split('/');
      const at = names.findIndex(isGlob);
      const prefix = names.slice(0, at).map((name) => `${name}/`);
      const expression = globPattern(path);
      found = (await this.list(bucket!, prefix.join(''), signal)).filter(({ key }) => expression.test(key));
    } else {
      const folder = path === '' || path.endsWith('/') ? path : `${path}/`;
      const below = await this.list(bucket!, path, signal);
      found = below.filter(({ key }) => key === path || key.startsWith(folder));
    }
    if (found.length === 0) {
      throw new InvalidInput('data.missing', `read: expected objects at ${address}, got none; check bucket and prefix`);
    }
    return found;
  }

  /** An object as an input: read in ranges, each retried; an object that was replaced meanwhile is an error. */
  input({ bucket, key, size, etag }: StoredObject, signal?: AbortSignal): Input {
    const name = `s3://${bucket}/${key}`;
    const path = `/${bucket}/${key.split('/').map(encodeKey).join('/')}`;
    const range = async (start: number, end: number): Promise<Uint8Array> => {
      const last = Math.min(end, size) - 1;
      if (last < start) return new Uint8Array(0);
      const headers: Record<string, string> = { range: `bytes=${start}-${last}` };
      if (etag) headers['if-match'] = etag;
      const { bytes, status } = await this.#request(`read ${name}`, path, headers, signal, last - start + 1);
      // A store that knows no ranges sends everything.
      return status === 200 && bytes.length > last - start + 1 ? bytes.subarray(start, last + 1) : bytes;
    };
    return {
      name,
      size,
      range,
      async *stream(start = 0, end = size) {
        const to = Math.min(end, size);
        for (let at = start; at < to; at += pieceBytes) yield await range(at, Math.min(to, at + pieceBytes));
      },
    };
  }

  async #request(
    what: string,
    path: string,
    headers: Record<string, string>,
    signal?: AbortSignal,
    expected?: number,
  ): Promise<{ readonly bytes: Uint8Array; readonly status: number }> {
    let reason = '';
    for (let attempt = 0; attempt < attempts; attempt++) {
      signal?.throwIfAborted();
      if (attempt > 0) await this.#pause(attempt, signal);
      const limit = AbortSignal.timeout(requestMs);
      const both = signal ? AbortSignal.any([signal, limit]) : limit;
      try {
        const response = await this.#send(path, headers, both);
        if (response.ok) {
          const bytes = new Uint8Array(await response.arrayBuffer());
          if (expected === undefined || response.status === 200 || bytes.length === expected) {
            return { bytes, status: response.status };
          }
          reason = `${bytes.length} of ${expected} bytes`;
          continue;
        }
        const body = (await response.text()).slice(0, 2000);
        const code = /<Code>([\w.]{1,60})<\/Code>/.exec(body)?.[1] ?? '';
        reason = `HTTP ${response.status} ${code}`.trim();
        if (response.status === 412) {
          throw new InvalidInput('data.s3.changed', `${what}: expected the object that was listed, it has changed`);
        }
        if (!retried.has(response.status)) {
          const mend = response.status === 403 || response.status === 401 ? '; check the AWS_* variables' : '';
          throw new Unavailable('data.s3', `${what}: expected the object, got ${reason}${mend}`);
        }
      } catch (error) {
        if (error instanceof InvalidInput || error instanceof Unavailable || signal?.aborted) throw error;
        reason = messageOf((error as Error).cause ?? error);
      }
    }
    throw new Unavailable('data.s3', `${what}: expected an answer in ${attempts} attempts, got ${reason}`);
  }

  async #send(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const signer = await this.#signer;
    const url = `${this.#endpoint}${path}`;
    if (!signer) return fetch(url, { headers, signal, redirect: 'error' });
    return fetch(await signer.sign(url, { method: 'GET', headers }), { signal, redirect: 'error' });
  }

  async #pause(attempt: number, signal?: AbortSignal): Promise<void> {
    const most = Math.min(10_000, this.#pauseMs * 2 ** (attempt - 1));
    const ms = most * (0.5 + this.#random.float() / 2);
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}

/** A name in a key as signatures want it: everything but letters, digits and `-._~` (RFC 3986). */
const encodeKey = (name: string) =>
  encodeURIComponent(name).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
