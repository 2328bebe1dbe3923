import type { Piece } from './pieces.js';
import type { Place } from './record.js';

interface Mark {
  /** Index in the buffer where this piece begins; below 0 where a part of it is gone. */
  at: number;
  readonly piece: Piece;
}

const version = /^WARC\/[01]\.\d/;
/** Bytes that tell the beginning of a record. */
const opening = 8;

/** Unpacked bytes with a look ahead that knows which member each stands in. A record that fills one piece is never copied. */
export class Pieces {
  #buffer: Buffer = Buffer.alloc(0);
  #marks: Mark[] = [];
  /** Offset after the bytes that are held, where they end a member. */
  #end: number | undefined;
  #ended = false;
  #last: Place = { offset: -1, index: 0 };
  readonly #pieces: AsyncIterator<Piece>;
  /** Damage that the unpacking met after the bytes that are held. Nothing more comes until it is cleared. */
  failure: { offset: number; reason: string } | undefined;

  constructor(pieces: AsyncIterable<Piece>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  close(): Promise<unknown> {
    return Promise.resolve(this.#pieces.return?.());
  }

  async #pull(): Promise<Piece | undefined> {
    if (this.#ended || this.failure) return undefined;
    const item = await this.#pieces.next();
    if (item.done) {
      this.#ended = true;
      return undefined;
    }
    this.#end = item.value.end;
    if (item.value.error !== undefined) this.failure = { offset: item.value.offset, reason: item.value.error };
    return item.value;
  }

  /** Adds the next piece; false at the end, and where the unpacking failed. */
  async #fill(): Promise<boolean> {
    const piece = await this.#pull();
    if (!piece) return false;
    this.#append(piece, this.#buffer.length);
    if (piece.bytes.length > 0) {
      const bytes = asBuffer(piece.bytes);
      this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
    }
    return piece.error === undefined;
  }

  #append(piece: Piece, at: number): void {
    if (piece.bytes.length > 0) this.#marks.push({ at, piece });
  }

  /** Where the bytes at the start of the buffer stand: the number counts the records that were begun in this member before. */
  place(): Place {
    const mark = this.#marks[0];
    if (!mark)
      return this.#end === undefined ? { ...this.#last, index: this.#last.index + 1 } : { offset: this.#end, index: 0 };
    const { plain, offset } = mark.piece;
    if (plain) return { offset: offset - mark.at, index: 0 };
    return { offset, index: this.#last.offset === offset ? this.#last.index + 1 : 0 };
  }

  /** A record begins here. */
  begin(): Place {
    this.#last = this.place();
    return this.#last;
  }

  peek(count: number): Buffer {
    return this.#buffer.subarray(0, count);
  }

  held(): number {
    return this.#buffer.length;
  }

  take(count: number): Buffer {
    const bytes = this.#buffer.subarray(0, count);
    this.#drop(count);
    return bytes;
  }

  #drop(count: number): void {
    this.#buffer = this.#buffer.subarray(count);
    if (this.#buffer.length === 0) {
      const last = this.#marks.at(-1);
      if (last?.piece.plain) this.#end = last.piece.offset + last.piece.bytes.length;
      this.#marks = [];
      return;
    }
    for (const mark of this.#marks) mark.at -= count;
    while (this.#marks.length > 1 && this.#marks[1]!.at <= 0) this.#marks.shift();
  }

  /** Leaves line ends out among the bytes that are held. */
  dropBlank(): void {
    let count = 0;
    while (count < this.#buffer.length && (this.#buffer[count] === 10 || this.#buffer[count] === 13)) count++;
    if (count > 0) this.#drop(count);
  }

  /** Leaves line ends out; false at the end and at damage. */
  async skipBlank(): Promise<boolean> {
    for (;;) {
      this.dropBlank();
      if (this.#buffer.length > 0) break;
      if (!(await this.#fill())) return false;
    }
    while (this.#buffer.length < opening && (await this.#fill()));
    return true;
  }

  startsRecord(): boolean {
    return this.#startsAt(0);
  }

  #startsAt(at: number): boolean {
    return version.test(this.#buffer.subarray(at, at + opening).toString('latin1'));
  }

  /** Index after the first of the patterns, -1 where none is within `most` bytes. */
  async find(patterns: readonly Buffer[], most: number): Promise<number> {
    let from = 0;
    for (;;) {
      let best = -1;
      for (const pattern of patterns) {
        const at = this.#buffer.subarray(0, best < 0 ? most : best).indexOf(pattern, from);
        if (at >= 0) best = at + pattern.length;
      }
      if (best >= 0) return best;
      from = Math.max(0, this.#buffer.length - 3);
      if (this.#buffer.length >= most || !(await this.#fill())) return -1;
    }
  }

  /**
   * Sees to it that the block is held. False where the file ends before, and where a new member opens with a record in the middle of
   * it: the length is wrong or the record cut off.
   */
  async holdBlock(length: number): Promise<boolean> {
    if (this.#buffer.length >= length) return true;
    const parts = [this.#buffer];
    let size = this.#buffer.length;
    let intruder = false;
    while (size < length && !intruder) {
      const piece = await this.#pull();
      if (!piece) break;
      this.#append(piece, size);
      parts.push(asBuffer(piece.bytes));
      intruder = size > 0 && piece.first && version.test(asBuffer(piece.bytes).toString('latin1', 0, opening));
      size += piece.bytes.length;
    }
    this.#buffer = Buffer.concat(parts);
    return size >= length && !intruder;
  }

  /** Whether something stands right after a block of this length that cannot stand there. */
  async intrusionAfter(length: number): Promise<boolean> {
    if (this.#buffer.length < length + opening && this.#end === undefined) await this.#fill();
    const after = this.#buffer.subarray(length, length + opening);
    if (after.length === 0 || after[0] === 10 || after[0] === 13 || this.#startsAt(length)) return false;
    // ARC files of some writers have no line end between records.
    return !/^[a-z][a-z0-9+.-]{1,6}:/i.test(after.toString('latin1'));
  }

  /** Passes bytes by without holding them. */
  async pass(length: number): Promise<void> {
    for (let left = length; left > 0; ) {
      const count = Math.min(left, this.#buffer.length);
      this.#drop(count);
      left -= count;
      if (left > 0 && !(await this.#fill())) break;
    }
  }

  /** Moves on to the next line: ARC has no word that opens a record. */
  async toNextLine(): Promise<void> {
    for (;;) {
      const at = this.#buffer.indexOf(10);
      if (at >= 0) return this.#drop(at + 1);
      this.#drop(this.#buffer.length);
      if (!(await this.#fill())) return undefined;
    }
  }

  /** Moves on to the next bytes that look like the beginning of a record: at the start of a line or of a member, not here. */
  async toRecord(): Promise<void> {
    for (let from = 1; ; ) {
      const line = this.#buffer.indexOf('\nWARC/', Math.max(0, from - 1), 'latin1') + 1;
      const member = this.#marks.find(({ at, piece }) => at >= from && piece.first && this.#startsAt(at))?.at;
      if (member !== undefined && (line === 0 || member <= line)) return this.#drop(member);
      if (line > 0 && this.#startsAt(line)) return this.#drop(line);
      if (line > 0 && line + opening <= this.#buffer.length) {
        from = line + 1;
        continue;
      }
      // The last bytes may begin the line that is looked for.
      if (this.#buffer.length > opening) this.#drop(this.#buffer.length - opening);
      from = this.#buffer.length === 0 ? 0 : 1;
      if (!(await this.#fill())) return this.#drop(this.#buffer.length);
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
