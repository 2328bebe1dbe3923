import { multiplyDims } from '../ir/index.js';
import type { Shape, ValueId, ValueType } from '../ir/index.js';
import type { NodeOptions } from './builder.js';

/** A shape as an image of one line whose channels lie side by side (NHWC): [1, 1, all but the last dimension, the last]. */
export function inRows(shape: Shape): Shape {
  return [1, 1, multiplyDims(...shape.slice(0, -1)), shape[shape.length - 1]];
}

/** What `Forms` needs of the builder. */
interface Writer {
  type(value: ValueId): ValueType;
  fresh(): string;
  node(op: string, inputs: readonly string[], options?: NodeOptions): string;
  reshape(input: string, from: Shape, to: Shape): string;
  /** Adds nodes outside all bodies, where everything may read them. */
  outside<T>(make: () => T): T;
}

/**
 * The forms in which a value exists: its own shape; rows, [1, 1, rows, channels]; blocks, [1, channels, 1, rows] with
 * blocked channels, their number rounded up by zeros to whole blocks. What turns one form into another is written when
 * somebody first asks for it, and a reshape that nobody asks for never.
 */
export class Forms {
  readonly #writer: Writer;
  readonly #names = new Map<ValueId, string>();
  readonly #rows = new Map<ValueId, string>();
  readonly #blocks = new Map<ValueId, string>();
  /** Reshapes not written yet: value → what it is a reshape of. */
  readonly #views = new Map<ValueId, ValueId>();

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** The name that a value has in its own shape, if it has one already. */
  given(value: ValueId): string | undefined {
    return this.#names.get(value);
  }

  give(value: ValueId, name: string): void {
    this.#names.set(value, name);
  }

  /** Name of a value in its own shape; a new one for a value that nothing has made yet. */
  name(value: ValueId): string {
    let name = this.#names.get(value);
    if (name === undefined) {
      name = this.#isMade(value)
        ? this.#writer.outside(() => this.#writer.reshape(...this.made(value), this.#writer.type(value).shape))
        : `%${value}`;
      this.#names.set(value, name);
    }
    return name;
  }

  #isMade(value: ValueId): boolean {
    return this.#rows.has(value) || this.#blocks.has(value) || this.#views.has(value);
  }

  /** A value with the shape in which it can be had without a copy: its own, its rows, or what it was before a reshape. */
  made(value: ValueId): readonly [name: string, shape: Shape] {
    const { shape } = this.#writer.type(value);
    const name = this.#names.get(value);
    if (name !== undefined) return [name, shape];
    if (this.#rows.has(value) || this.#blocks.has(value)) return [this.rows(value), inRows(shape)];
    const source = this.#views.get(value);
    return source === undefined ? [this.name(value), shape] : this.made(source);
  }

  /** Leaves a reshape to whoever needs it; false where a port does. */
  view(value: ValueId, source: ValueId): boolean {
    if (this.#names.has(value)) return false;
    this.#views.set(value, source);
    return true;
  }

  /** What an unwritten reshape of `value` reads, if both have the same rows. */
  #viewOfRows(value: ValueId): ValueId | undefined {
    const source = this.#views.get(value);
    return source !== undefined && this.#width(source) === this.#width(value) ? source : undefined;
  }

  rows(value: ValueId): string {
    let rows = this.#rows.get(value);
    if (rows === undefined) {
      rows = this.#writer.outside(() => this.#makeRows(value));
      this.#rows.set(value, rows);
    }
    return rows;
  }

  #makeRows(value: ValueId): string {
    const blocks = this.#blocks.get(value);
    if (blocks !== undefined) return this.rowsOf(blocks, this.#width(value) as number);
    const source = this.#viewOfRows(value);
    const { shape } = this.#writer.type(value);
    return source === undefined ? this.#writer.reshape(this.name(value), shape, inRows(shape)) : this.rows(source);
  }

  /** Rows of so many channels out of blocks. */
  rowsOf(blocks: string, channels: number): string {
    return this.#writer.node('ReorderOutput', [blocks], { attributes: { channels, channels_last: 1 }, blocked: true });
  }

  blocks(value: ValueId): string {
    let blocks = this.#blocks.get(value);
    if (blocks === undefined) {
      const source = this.#viewOfRows(value);
      blocks = source === undefined ? this.#writer.outside(() => this.#makeBlocks(value)) : this.blocks(source);
      this.#blocks.set(value, blocks);
    }
    return blocks;
  }

  #makeBlocks(value: ValueId): string {
    return this.#writer.node('ReorderInput', [this.rows(value)], { attributes: { channels_last: 1 }, blocked: true });
  }

  /** Whether a value exists in rows or blocks and not in its own shape; for `blocks`, not in rows either. */
  lies(value: ValueId, where: 'rows' | 'blocks'): boolean {
    if (this.#names.has(value) || (where === 'blocks' && this.#rows.has(value))) return false;
    const source = this.#viewOfRows(value);
    return this.#rows.has(value) || this.#blocks.has(value) || (source !== undefined && this.lies(source, where));
  }

  /** A name for a value that is about to be made in rows or blocks; undefined for a port, which has its own shape. */
  nameIn(where: 'rows' | 'blocks', value: ValueId): string | undefined {
    if (this.#names.has(value)) return undefined;
    const name = this.#writer.fresh();
    (where === 'rows' ? this.#rows : this.#blocks).set(value, name);
    return name;
  }

  #width(value: ValueId): Shape[number] | undefined {
    return this.#writer.type(value).shape.at(-1);
  }
}
