/**
 * Ids of pieces seen before. Keys are ranges of a text, compared unit by unit in a pool, so a hit makes no object and no
 * substring. When the pool is full the cache starts anew.
 */
export class PieceCache {
  #slots: Int32Array;
  #mask: number;
  #count = 0;
  readonly #keys: Uint16Array;
  #keysEnd = 0;
  #ids: Int32Array;
  #idsEnd = 0;

  /** Longest piece kept, in code units: longer ones seldom come again. */
  static readonly longest = 64;

  constructor(keyUnits = 1 << 21) {
    this.#slots = new Int32Array(4 * 4096);
    this.#mask = 4095;
    this.#keys = new Uint16Array(keyUnits);
    this.#ids = new Int32Array(1 << 14);
  }

  static hash(text: string, start: number, end: number): number {
    let hash = end - start;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995) ^ (hash >>> 15);
    // 0 marks an empty slot.
    return (hash ^ (hash >>> 13)) | 1;
  }

  /** Appends the ids of text[start, end) to `out` where they are known. */
  find(text: string, start: number, end: number, hash: number, out: number[]): boolean {
    const slots = this.#slots;
    const keys = this.#keys;
    const length = end - start;
    let slot = (hash >>> 1) & this.#mask;
    search: for (;;) {
      const at = slot * 4;
      const found = slots[at];
      if (found === 0) return false;
      slot = (slot + 1) & this.#mask;
      const info = slots[at + 3];
      if (found !== hash || (info & 0xff) !== length) continue;
      const key = slots[at + 1];
      for (let i = 0; i < length; i++) if (keys[key + i] !== text.charCodeAt(start + i)) continue search;
      const ids = this.#ids;
      const first = slots[at + 2];
      const count = info >>> 8;
      // A piece of one token keeps its id in place.
      if (count === 1) out.push(first);
      else for (let i = first; i < first + count; i++) out.push(ids[i]);
      return true;
    }
  }

  /** Remembers the ids of text[start, end); the piece must not be there yet. */
  add(text: string, start: number, end: number, hash: number, found: Int32Array, count: number): void {
    const length = end - start;
    if (this.#keysEnd + length > this.#keys.length) this.#clear();
    if (this.#count * 2 >= this.#mask) this.#rehash();
    let first = found[0];
    if (count !== 1) {
      if (this.#idsEnd + count > this.#ids.length) {
        const next = new Int32Array(Math.max(this.#ids.length * 2, this.#idsEnd + count));
        next.set(this.#ids);
        this.#ids = next;
      }
      first = this.#idsEnd;
      for (let i = 0; i < count; i++) this.#ids[this.#idsEnd++] = found[i];
    }
    const key = this.#keysEnd;
    for (let i = start; i < end; i++) this.#keys[this.#keysEnd++] = text.charCodeAt(i);
    this.#insert(hash, key, first, length | (count << 8));
    this.#count++;
  }

  #insert(hash: number, key: number, first: number, info: number): void {
    let slot = (hash >>> 1) & this.#mask;
    while (this.#slots[slot * 4] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot * 4] = hash;
    this.#slots[slot * 4 + 1] = key;
    this.#slots[slot * 4 + 2] = first;
    this.#slots[slot * 4 + 3] = info;
  }

  #rehash(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array((this.#mask + 1) * 4);
    for (let at = 0; at < old.length; at += 4) {
      if (old[at] !== 0) this.#insert(old[at], old[at + 1], old[at + 2], old[at + 3]);
    }
  }

  #clear(): void {
    this.#slots.fill(0);
    this.#count = 0;
    this.#keysEnd = 0;
    this.#idsEnd = 0;
  }
}
