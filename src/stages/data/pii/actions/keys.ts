import { createHmac } from 'node:crypto';
import { Random } from '../../../../base/core/index.js';

/** Keyed hash of a value: HMAC-SHA-256, the type in front so that equal digits of two types differ; hex, `length` signs. */
export function keyedHash(key: string, type: string, value: string, length = 16): string {
  return createHmac('sha256', key)
    .update(`${type}\0${normalized(value)}`)
    .digest('hex')
    .slice(0, length);
}

/** What makes two writings of a value the same: case, white space, and the signs between digits. */
export function normalized(value: string): string {
  const text = value.normalize('NFKC').toLowerCase();
  return /\p{L}/u.test(text) ? text.replace(/\s+/g, ' ').trim() : text.replace(/[\s().\-/]+/g, '');
}

/** Random numbers that depend on key, type and value alone: the same value has the same stand-in in every text and run. */
export function randomFor(key: string, type: string, value: string): Random {
  return new Random(keyedHash(key, type, value, 32));
}
