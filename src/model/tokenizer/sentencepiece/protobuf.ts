import { InvalidInput } from '../../../base/core/index.js';

/** Where the content of a field stands; `number` for fields that hold one. */
export interface ProtoField {
  readonly id: number;
  /** Wire type: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
  readonly wire: number;
  readonly start: number;
  readonly end: number;
}

function refuse(what: string, expected: string, got: string): never {
  throw new InvalidInput('sentencepiece.protobuf', `SentencePiece model: ${what}: expected ${expected}, got ${got}`);
}

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads messages of protocol buffers from bytes of strangers. Every length is checked before it is used; time and memory are
 * linear in the bytes. Groups (wire types 3 and 4), which no writer makes any more, are refused.
 */
export class ProtoReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Fields of the whole message, or of one that is a field. */
  *fields(message?: ProtoField): Generator<ProtoField> {
    if (message && message.wire !== 2) refuse(`field ${message.id}`, 'a message', `wire type ${message.wire}`);
    const end = message?.end ?? this.#bytes.length;
    let at = message?.start ?? 0;
    while (at < end) {
      const [tag, content] = this.#varint(at, end);
      const id = Math.floor(tag / 8);
      const wire = tag % 8;
      if (id < 1 || id > 0x1fffffff) refuse(`byte ${at}`, 'a field number', String(id));
      let first = content;
      if (wire === 0) [, at] = this.#varint(content, end);
      else if (wire === 1) at = content + 8;
      else if (wire === 5) at = content + 4;
      else if (wire === 2) {
        const [length, from] = this.#varint(content, end);
        first = from;
        at = from + length;
      } else refuse(`byte ${at}`, 'wire type 0, 1, 2 or 5', String(wire));
      if (at > end) refuse(`field ${id}`, `content that ends by byte ${end}`, `byte ${at}`);
      yield { id, wire, start: first, end: at };
    }
  }

  /** A whole number (above 2^53 without its lowest bits, but lengths and tags are below) and where it ends. */
  #varint(at: number, end: number): [value: number, next: number] {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) refuse(`byte ${at}`, 'a number', 'the end');
      const byte = this.#bytes[at + i];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return [value, at + i + 1];
      scale *= 128;
    }
    return refuse(`byte ${at}`, 'a number of at most 10 bytes', 'a longer one');
  }

  /** A signed 32-bit integer, boolean or enumeration. */
  int(field: ProtoField): number {
    if (field.wire !== 0) refuse(`field ${field.id}`, 'a number', `wire type ${field.wire}`);
    let low = 0;
    for (let at = field.start, shift = 0; at < field.end && shift < 32; at++, shift += 7) {
      low |= (this.#bytes[at] & 0x7f) << shift;
    }
    return low;
  }

  float(field: ProtoField): number {
    if (field.wire !== 5) refuse(`field ${field.id}`, 'a 32-bit float', `wire type ${field.wire}`);
    return this.#view.getFloat32(field.start, true);
  }

  bytes(field: ProtoField): Uint8Array {
    if (field.wire !== 2) refuse(`field ${field.id}`, 'bytes', `wire type ${field.wire}`);
    return this.#bytes.subarray(field.start, field.end);
  }

  string(field: ProtoField): string {
    try {
      return text.decode(this.bytes(field));
    } catch (error) {
      if (error instanceof InvalidInput) throw error;
      return refuse(`field ${field.id}`, 'text in UTF-8', 'other bytes');
    }
  }
}
