/** Clusters of documents: the root of a cluster is its lowest index, whatever the order of the unions. */
export class UnionFind {
  readonly #parent: Uint32Array;

  /** Four bytes for each document. */
  constructor(size: number) {
    this.#parent = new Uint32Array(size);
    for (let i = 0; i < size; i++) this.#parent[i] = i;
  }

  find(index: number): number {
    const parent = this.#parent;
    let at = index;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  }

  /** False where both were in one cluster already. */
  union(first: number, second: number): boolean {
    const a = this.find(first);
    const b = this.find(second);
    if (a === b) return false;
    if (a < b) this.#parent[b] = a;
    else this.#parent[a] = b;
    return true;
  }
}
