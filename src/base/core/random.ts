/** State of a `Random`, plain data: save it in a checkpoint, restore it with `Random.restore`. */
export interface RandomState {
  readonly key: number;
  readonly counter: number;
}

const mix = (value: number): number => {
  // lowbias32 (Wellons, "Prospecting for hash functions", 2018): full avalanche in 32 bits.
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
};

/** 32 random bits as a pure function of key and counter. */
export function randomBits(key: number, counter: number): number {
  const high = Math.floor(counter / 4294967296);
  return mix(mix(mix(key ^ 0x9e3779b9) ^ (counter >>> 0)) + Math.imul(high + 1, 0x85ebca6b));
}

function keyOf(seed: number | string): number {
  if (typeof seed === 'number') return mix((seed % 4294967296) >>> 0) ^ mix(Math.floor(seed / 4294967296) >>> 0);
  let hash = 0x811c9dc5;
  for (let i = 0; i < seed.length; i++) hash = Math.imul(hash ^ seed.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** Counter-based random numbers: the n-th draw depends on seed and n alone, so runs repeat and resume exactly. */
export class Random {
  #key: number;
  #counter: number;

  constructor(seed: number | string) {
    this.#key = keyOf(seed);
    this.#counter = 0;
  }

  static restore(state: RandomState): Random {
    const random = new Random(0);
    random.#key = state.key;
    random.#counter = state.counter;
    return random;
  }

  state(): RandomState {
    return { key: this.#key, counter: this.#counter };
  }

  /** An independent stream named by `label`; does not advance this one. */
  fork(label: number | string): Random {
    const random = new Random(label);
    random.#key = mix(random.#key ^ Math.imul(this.#key, 0x9e3779b1));
    return random;
  }

  /** Uniform in [0, 2^32). */
  bits(): number {
    return randomBits(this.#key, this.#counter++);
  }

  /** Uniform in [0, 1) with 53 bits. */
  float(): number {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** Uniform integer in [0, n). */
  int(n: number): number {
    return Math.floor(this.float() * n);
  }

  /** Standard normal (Box and Muller). */
  normal(): number {
    const u = 1 - this.float();
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * this.float());
  }

  /** Shuffles in place (Fisher and Yates) and returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const kept = items[i];
      items[i] = items[j];
      items[j] = kept;
    }
    return items;
  }

  /** One element, uniformly. */
  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }
}
