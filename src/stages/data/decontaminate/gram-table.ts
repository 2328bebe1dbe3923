/** Set of 64-bit hashes with numbers in the order of their arrival: open addressing, 12 bytes a slot, at most half full. */
export class GramTable {
  #high = new Int32Array(1024);
  #low = new Int32Array(1024);
  /** Number + 1, 0 where the slot is free. */
  #number = new Uint32Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Number of a hash, -1 where it is not in. */
  find(high: number, low: number): number {
    const mask = this.#number.length - 1;
    for (let slot = low & mask; this.#number[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#high[slot] === high && this.#low[slot] === low) return this.#number[slot] - 1;
    }
    return -1;
  }

  /** Number of a hash, which is put in where it is new. */
  add(high: number, low: number): number {
    const found = this.find(high, low);
    if (found >= 0) return found;
    if (this.#size * 2 >= this.#number.length) this.#grow();
    this.#put(high, low, ++this.#size);
    return this.#size - 1;
  }

  #put(high: number, low: number, number: number): void {
    const mask = this.#number.length - 1;
    let slot = low & mask;
    while (this.#number[slot] !== 0) slot = (slot + 1) & mask;
    this.#high[slot] = high;
    this.#low[slot] = low;
    this.#number[slot] = number;
  }

  #grow(): void {
    const before = [this.#high, this.#low, this.#number] as const;
    const size = this.#number.length * 2;
    this.#high = new Int32Array(size);
    this.#low = new Int32Array(size);
    this.#number = new Uint32Array(size);
    for (let i = 0; i < before[2].length; i++) {
      if (before[2][i] !== 0) this.#put(before[0][i], before[1][i], before[2][i]);
    }
  }
}
