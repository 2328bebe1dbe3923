import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { blockBytes, blockFormats, packBlocks, unpackBlocks } from './index.js';
import type { BlockType } from './index.js';

/** Made by the gguf package (test/golden/gguf/make.py). */
const golden = JSON.parse(readFileSync(join(repositoryRoot, 'test/golden/gguf/blocks.json'), 'utf8')) as {
  unpack: Record<BlockType, { packed: string; values: string }>;
  pack: Record<'values' | 'q4_0' | 'q8_0', string>;
};
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const floatsOf = (text: string) => new Float32Array(bytesOf(text).buffer);
const types = Object.keys(blockFormats) as BlockType[];

describe('block formats', () => {
  it.each(types)('%s unpacks bit by bit as ggml does', (type) => {
    const { packed, values } = golden.unpack[type];
    const expected = floatsOf(values);
    const actual = unpackBlocks(type, bytesOf(packed), expected.length);
    expect(new Uint32Array(actual.buffer)).toEqual(new Uint32Array(expected.buffer));
  });

  it.each(['q4_0', 'q8_0'] as const)('%s packs byte by byte as ggml does', (type) => {
    expect(packBlocks(type, floatsOf(golden.pack.values))).toEqual(bytesOf(golden.pack[type]));
  });

  it.each([
    ['q8_0', 1 / 127],
    ['q4_0', 1 / 7],
  ] as const)('%s keeps numbers within a step of the largest', (type, step) => {
    const value = fc.float({ min: -1e4, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 32, maxLength: 32 }), (list) => {
        const values = Float32Array.from(list);
        const back = unpackBlocks(type, packBlocks(type, values), 32);
        const most = Math.max(...list.map(Math.abs));
        values.forEach((x, i) => expect(Math.abs(x - back[i])).toBeLessThanOrEqual(most * step * 1.01 + 1e-6));
      }),
      { numRuns: 200 },
    );
  });

  it('refuses what fills no blocks, and types that are only read', () => {
    expect(blockBytes('q4_k', 512)).toBe(288);
    expect(() => blockBytes('q8_0', 33)).toThrow('q8_0: expected a whole number of blocks of 32 elements, got 33');
    expect(() => unpackBlocks('q6_k', new Uint8Array(209), 256)).toThrow('expected 210 bytes, got 209');
    expect(() => packBlocks('q4_k', new Float32Array(256))).toThrow('expected q4_0 or q8_0, got q4_k');
    expect(() => packBlocks('q8_0', new Float32Array(32).fill(Number.NaN))).toThrow('finite');
  });
});
