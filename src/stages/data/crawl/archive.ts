import { closeSync, fsyncSync, ftruncateSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpResponse } from '../../../base/net/index.node.js';
import { encodeRecord, httpBlock, revisitProfiles, warcFields } from '../warc/index.js';
import { archiveName } from './frontier.js';

/** Where the records of one exchange stand. */
export interface Stored {
  readonly at: readonly [file: number, offset: number, length: number];
  readonly upTo: readonly [file: number, end: number];
  readonly id: string;
}

/** An earlier capture that a revisit record refers to. */
export interface Earlier {
  readonly id: string;
  readonly time: string;
  readonly digest?: string;
}

/** The WARC files of a crawl. What stands after the last end that the log vouches for is cut off when they are opened. */
export class Archive {
  readonly #folder: string;
  readonly #software: string;
  readonly #userAgent: string;
  readonly #mostBytes: number;
  #file = -1;
  #fd: number | undefined;
  #size = 0;

  constructor(
    folder: string,
    ends: ReadonlyMap<number, number>,
    options: { readonly userAgent: string; readonly fileBytes?: number },
  ) {
    this.#folder = folder;
    this.#userAgent = options.userAgent;
    this.#software = 'abovo';
    this.#mostBytes = options.fileBytes ?? 1_000_000_000;
    for (const name of readdirSync(folder)) {
      const number = /^crawl-(\d{5,9})\.warc\.gz$/.exec(name)?.[1];
      if (number === undefined) continue;
      const end = ends.get(Number(number));
      const path = join(folder, name);
      if (end === undefined) rmSync(path);
      else {
        if (statSync(path).size > end) truncate(path, end);
        if (Number(number) > this.#file) this.#file = Number(number);
      }
    }
    if (this.#file >= 0) {
      this.#fd = openSync(join(folder, archiveName(this.#file)), 'a');
      this.#size = ends.get(this.#file)!;
    }
  }

  /** The next records go to a new file. */
  rotate(): void {
    if (this.#fd !== undefined) {
      fsyncSync(this.#fd);
      closeSync(this.#fd);
      this.#fd = undefined;
    }
  }

  #open(): void {
    if (this.#fd !== undefined && this.#size < this.#mostBytes) return;
    this.rotate();
    this.#file++;
    this.#fd = openSync(join(this.#folder, archiveName(this.#file)), 'w');
    this.#size = 0;
    this.#write(
      encodeRecord({
        type: 'warcinfo',
        date: new Date().toISOString(),
        contentType: 'application/warc-fields',
        block: warcFields({
          software: this.#software,
          format: 'WARC File Format 1.1',
          robots: 'RFC 9309; noindex, noai and TDM reservation honoured',
          'http-header-user-agent': this.#userAgent,
        }),
        headers: { 'WARC-Filename': archiveName(this.#file) },
      }).bytes,
    );
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd!, bytes, at);
    this.#size += bytes.length;
  }

  /** Writes response (or revisit) and request. */
  store(response: HttpResponse, time: string, earlier?: Earlier): Stored {
    this.#open();
    const offset = this.#size;
    const { raw, status } = response;
    const unchanged = status === 304;
    const line = `HTTP/1.1 ${status} ${response.statusText}`.trimEnd();
    const headers = response.rawHeaders.map(([name, value]): readonly [string, string] => {
      const key = name.toLowerCase();
      // The connection has undone the chunks; Common Crawl keeps the header under this name.
      if (key === 'transfer-encoding') return [`X-Crawl-${name}`, value];
      return key === 'content-length' && !unchanged ? [name, String(raw.length)] : [name, value];
    });
    const common = { url: response.url, date: time, contentType: 'application/http; msgtype=response' };
    const address: Record<string, string> =
      response.address === undefined ? {} : { 'WARC-IP-Address': response.address };
    const refers = earlier && {
      'WARC-Refers-To': `<${earlier.id}>`,
      'WARC-Refers-To-Target-URI': response.url,
      'WARC-Refers-To-Date': earlier.time,
    };
    const record = encodeRecord(
      earlier
        ? {
            ...common,
            type: 'revisit',
            block: httpBlock(line, headers, new Uint8Array(0)),
            headers: {
              ...address,
              ...refers,
              'WARC-Profile': unchanged ? revisitProfiles.notModified : revisitProfiles.identicalPayload,
              ...(earlier.digest !== undefined && !unchanged ? { 'WARC-Payload-Digest': earlier.digest } : {}),
            },
          }
        : { ...common, type: 'response', block: httpBlock(line, headers, raw), payload: raw, headers: address },
    );
    this.#write(record.bytes);
    const url = new URL(response.url);
    const request = encodeRecord({
      type: 'request',
      url: response.url,
      date: time,
      contentType: 'application/http; msgtype=request',
      block: httpBlock(`GET ${url.pathname}${url.search} HTTP/1.1`, response.requestHeaders, new Uint8Array(0)),
      headers: { 'WARC-Concurrent-To': `<${record.id}>` },
    });
    this.#write(request.bytes);
    return { at: [this.#file, offset, record.bytes.length], upTo: [this.#file, this.#size], id: record.id };
  }

  sync(): void {
    if (this.#fd !== undefined) fsyncSync(this.#fd);
  }

  close(): void {
    this.rotate();
  }
}

function truncate(path: string, end: number): void {
  const fd = openSync(path, 'r+');
  ftruncateSync(fd, end);
  closeSync(fd);
}
