import { InvalidInput, messageOf } from '../../base/core/index.js';
import {
  type Input,
  compressionOf,
  defaultLimits,
  lineBatches,
  localInput,
  resolveFiles,
  unpackedInput,
} from './formats/index.js';

const longestLine = 256 * 1024 * 1024;

/** Bytes of a file, unpacked where its first bytes say that it is packed. */
async function openInput(path: string): Promise<Input> {
  const input = localInput(path, Number.MAX_SAFE_INTEGER);
  const packed = compressionOf(await input.range!(0, 4));
  return packed ? unpackedInput(input, packed, defaultLimits) : input;
}

/** Text of a file; throws where it is not UTF-8. */
async function* decoded(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of (await openInput(path)).stream()) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
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

/** Lines of a file as bytes, without their ends, whatever they hold. Errors: throws at a line of more than 256 MiB. */
export async function* byteLines(path: string): AsyncGenerator<Uint8Array> {
  for await (const batch of lineBatches((await openInput(path)).stream(), longestLine)) {
    for (const { bytes } of batch) {
      if (!bytes) throw new Error(`a line of more than ${longestLine} bytes`);
      yield bytes;
    }
  }
}

/** A line of JSON lines: its value, or why it has none. */
export type JsonLine = { readonly line: number; readonly bytes: number } & (
  | { readonly value: unknown; readonly error?: undefined }
  | { readonly error: string }
);

/** Longest line that is held as a record; a longer one costs itself alone. */
const longestRecord = 64 * 1024 * 1024;

/**
 * Lines of JSON of a file (packed or not) or of bytes that come from elsewhere; empty lines are passed over, a line that is no
 * JSON in UTF-8 costs itself alone. Errors: throws where the file cannot be opened or ends in the middle of its archive.
 */
export async function* jsonLines(
  source: string | AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<JsonLine> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parts = typeof source === 'string' ? (await openInput(source)).stream() : source;
  let line = 0;
  for await (const batch of lineBatches(parts, longestRecord)) {
    signal?.throwIfAborted();
    for (const { bytes: held } of batch) {
      line++;
      const bytes = (held?.length ?? longestRecord) + 1;
      if (!held) {
        yield { line, bytes, error: `a line of more than ${longestRecord} bytes` };
        continue;
      }
      let text: string;
      try {
        text = decoder.decode(held);
      } catch {
        yield { line, bytes, error: 'not UTF-8 text' };
        continue;
      }
      if (text.trim() === '') continue;
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        yield { line, bytes, error: `not JSON: ${messageOf(error)}` };
        continue;
      }
      yield { line, bytes, value };
    }
  }
}

/** JSON values of a file with one on each line. Errors: `InvalidInput` naming the line that is not JSON in UTF-8. */
export async function* readJsonLines(path: string): AsyncGenerator<{ readonly value: unknown; readonly line: number }> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 0;
  for (const file of await resolveFiles([path], process.cwd())) {
    for await (const batch of lineBatches((await openInput(file)).stream(), longestLine)) {
      for (const { bytes } of batch) {
        line++;
        let value: unknown;
        try {
          if (!bytes) throw new Error(`a line of more than ${longestLine} bytes`);
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
}
