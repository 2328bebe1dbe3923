// Seeded draws that depend on nothing but their arguments, so a split is the same on every machine.
import { createHash } from 'node:crypto';

/**
 * A number in [0, 1) that belongs to `key`.
 * @param {number} seed
 * @param {string} purpose
 * @param {string} key
 */
export function draw(seed, purpose, key) {
  return createHash('sha256').update(`${seed}/${purpose}/${key}`).digest().readUIntBE(0, 6) / 2 ** 48;
}

/**
 * The items in an order drawn from the seed.
 * @template T
 * @param {number} seed
 * @param {string} purpose
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 * @returns {T[]}
 */
export function shuffled(seed, purpose, items, keyOf) {
  return items
    .map((item) => /** @type {const} */ ([draw(seed, purpose, keyOf(item)), item]))
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item);
}
