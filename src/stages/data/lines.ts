import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import { resolveFiles } from './files.js';

const longestLine = 256 * 1024 * 1024;

/** Bytes of a file, unpacked where its name ends in .gz. */
async function* chunks(path: string): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  if (!/\.gz$/i.test(path)) {
    yield* file as AsyncIterable<Uint8Array>;
    return;
  }
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  yield* file.pipe(unpacked) as AsyncIterable<Uint8Array>;
}

/** Text of a file; throws where it is not UTF-8. */
export async function* decoded(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of chunks(path)) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

/** Lines of a file as bytes, without their ends. */
export async function* byteLines(path: string): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks(path)) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      pending.push(chunk.subarray(from, end));
      yield pending.length === 1 ? pending[0] : Buffer.concat(pending);
      pending = [];
      size = 0;
      from = end + 1;
    }
    pending.push(chunk.slice(from));
    size += chunk.length - from;
    if (size > longestLine) throw new Error(`a line of more than ${longestLine} bytes`);
  }
  if (size > 0) yield Buffer.concat(pending);
}

/**
 * Lines of text files with their ends, streamed: units of tokenizer training, as the reference trainer reads files.
 * Errors: `InvalidInput` where a file is missing or not UTF-8.
 */
export async function* readLines(
  files: readonly string[],
  { folder = process.cwd(), signal }: { readonly folder?: string; readonly signal?: AbortSignal } = {},
): AsyncGenerator<string> {
  for (const path of await resolveFiles(files, folder)) {
    let rest = '';
    try {
      for await (const part of decoded(path)) {
        signal?.throwIfAborted();
        rest += part;
        let from = 0;
        for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', from)) {
          yield rest.slice(from, end + 1);
          from = end + 1;
        }
        rest = rest.slice(from);
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new InvalidInput(
        'data.utf8',
        `read ${path}: expected UTF-8 text: ${messageOf(error)}; convert the file`,
        { path },
        error,
      );
    }
    if (rest) yield rest;
  }
}

/** JSON values of a file with one on each line. Errors: `InvalidInput` naming the line that is not JSON in UTF-8. */
export async function* readJsonLines(path: string): AsyncGenerator<{ readonly value: unknown; readonly line: number }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  for (const file of await resolveFiles([path], process.cwd())) {
    for await (const bytes of byteLines(file)) {
      line++;
      let value: unknown;
      try {
        const text = decoder.decode(bytes);
        if (text.trim() === '') continue;
        value = JSON.parse(text);
      } catch (error) {
        throw new InvalidInput(
          'data.line',
          `read ${path}:${line}: expected a line of JSON: ${messageOf(error)}`,
          { path, line },
          error,
        );
      }
      yield { value, line };
    }
  }
}
