import { InvalidInput } from '../../../base/core/index.js';
import type { FastTextModel } from './model.js';
import { magic } from './read.js';
import { losses, models } from './settings.js';

const flush = 1 << 20;

/** Little-endian numbers and bytes, one after the other. */
class Writer {
  #bytes = new Uint8Array(flush + (1 << 18));
  #view = new DataView(this.#bytes.buffer);
  length = 0;

  int32(...values: number[]): void {
    for (const value of values) {
      this.#view.setInt32(this.length, value, true);
      this.length += 4;
    }
  }

  int64(value: number): void {
    this.#view.setBigInt64(this.length, BigInt(value), true);
    this.length += 8;
  }

  float64(value: number): void {
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  byte(value: number): void {
    this.#bytes[this.length++] = value;
  }

  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }
}

function* matrix(writer: Writer, data: Float32Array, dim: number): Generator<Uint8Array> {
  writer.byte(0);
  writer.int64(data.length / dim);
  writer.int64(dim);
  yield writer.take();
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < bytes.length; at += flush) yield bytes.subarray(at, at + flush);
}

/** A model in fastText's binary format, version 12, in pieces; a model that was read from a quantized file gets plain rows. */
export function* writeFastText({ settings, dictionary, input, output }: FastTextModel): Generator<Uint8Array> {
  const { dim } = settings;
  const { words, wordCounts, labels, labelCounts, tokens, kept } = dictionary.entries;
  const writer = new Writer();
  writer.int32(magic, 12, dim, settings.window, settings.epochs, settings.minCount, settings.negative);
  writer.int32(settings.wordNgrams, losses[settings.loss], models[settings.model], settings.buckets);
  writer.int32(settings.minn, settings.maxn, settings.rateEvery);
  writer.float64(settings.sample);
  const size = words.length + labels.length;
  writer.int32(size, words.length, labels.length);
  writer.int64(tokens);
  writer.int64(kept ? kept.size : -1);
  for (let i = 0; i < size; i++) {
    const bytes = dictionary.bytes(i);
    const isLabel = i >= words.length;
    if (bytes.length > 100_000 || bytes.includes(0)) {
      throw new InvalidInput(
        'fasttext.word',
        `write fastText: expected words of at most 100,000 bytes without zero bytes`,
      );
    }
    writer.bytes(bytes);
    writer.byte(0);
    writer.int64(isLabel ? labelCounts[i - words.length]! : wordCounts[i]!);
    writer.byte(isLabel ? 1 : 0);
    if (writer.length > flush) yield writer.take();
  }
  for (const [bucket, row] of kept ?? []) {
    writer.int32(bucket, row);
    if (writer.length > flush) yield writer.take();
  }
  yield* matrix(writer, input, dim);
  yield* matrix(writer, output, dim);
}
