/** Tokens by their code units: open addressing over (node, unit), so that a step is one look into a flat array. */
export class Trie {
  /** Parent, unit and child of each edge; a parent of -1 marks an empty slot. */
  #slots = new Int32Array(3 * 1024).fill(-1);
  #mask = 1023;
  #edges = 0;
  #nodes = 1;
  /** Id of the token that ends at a node, or -1. */
  #ids = new Int32Array(1024).fill(-1);

  #slotOf(node: number, unit: number): number {
    let hash = Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
    hash ^= hash >>> 15;
    let index = hash & this.#mask;
    for (;;) {
      const slot = index * 3;
      const parent = this.#slots[slot];
      if (parent === -1 || (parent === node && this.#slots[slot + 1] === unit)) return slot;
      index = (index + 1) & this.#mask;
    }
  }

  /** The node after `unit`, -1 where no token goes on so. The root is 0. */
  step(node: number, unit: number): number {
    return this.#slots[this.#slotOf(node, unit) + 2];
  }

  /** Id of the token that ends at the node, -1 where none does. */
  idAt(node: number): number {
    return this.#ids[node];
  }

  add(token: string, id: number): void {
    let node = 0;
    for (let i = 0; i < token.length; i++) {
      const slot = this.#slotOf(node, token.charCodeAt(i));
      node = this.#slots[slot] === -1 ? this.#insert(slot, node, token.charCodeAt(i)) : this.#slots[slot + 2];
    }
    this.#ids[node] = id;
  }

  #insert(slot: number, node: number, unit: number): number {
    const child = this.#nodes++;
    this.#slots[slot] = node;
    this.#slots[slot + 1] = unit;
    this.#slots[slot + 2] = child;
    if (child === this.#ids.length) {
      const ids = new Int32Array(this.#ids.length * 2).fill(-1);
      ids.set(this.#ids);
      this.#ids = ids;
    }
    if (++this.#edges * 2 > this.#mask) this.#rehash();
    return child;
  }

  #rehash(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 4 + 3;
    this.#slots = new Int32Array((this.#mask + 1) * 3).fill(-1);
    for (let at = 0; at < old.length; at += 3) {
      if (old[at] === -1) continue;
      this.#slots.set(old.subarray(at, at + 3), this.#slotOf(old[at], old[at + 1]));
    }
  }
}
