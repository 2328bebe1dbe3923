import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { AbovoError, Random } from '../../../base/core/index.js';
import { MetadataReader } from './metadata.js';
import type { GgufMetadata, GgufValue } from './metadata.js';
import { decodeGgufTensor, parseGgufHeader } from './parse.js';
import type { GgufHeader } from './parse.js';
import { ggufTypes } from './tensor-types.js';
import { encodeGguf } from './write.js';
import type { GgufTensorSource } from './write.js';

const golden = join(repositoryRoot, 'test/golden/gguf');
const peer = new Uint8Array(readFileSync(join(golden, 'peer.gguf')));

const parse = (bytes: Uint8Array): GgufHeader => parseGgufHeader(bytes, bytes.length) as GgufHeader;
const u32 = (value: GgufValue & { type: 'u32' }) => value;
const file = (metadata: GgufMetadata, tensors: readonly GgufTensorSource[]) =>
  new Uint8Array(Buffer.concat([...encodeGguf(metadata, tensors)]));
const source = (name: string, shape: number[], type: GgufTensorSource['type'] = 'F32'): GgufTensorSource => {
  const random = new Random(7);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal());
  return { name, shape, type, values: () => data };
};

/** A file with one key and one tensor, to be broken byte by byte: 24 header, key at 24, tensor from 24 + 8 + 1 + 4 + 4. */
const small = file(new Map([['k', { type: 'u32', value: 5 }]]), [source('t', [2, 2]), source('u', [3])]);
const changed = (at: number, ...bytes: number[]) => {
  const copy = small.slice();
  copy.set(bytes, at);
  return copy;
};

describe('GGUF files', () => {
  it('reads what the gguf package wrote', () => {
    const { version, metadata, tensors } = parse(peer);
    expect(version).toBe(3);
    const plain = Object.fromEntries(
      [...metadata].map(([key, { type, value }]) => [key, type === 'array' ? Array.from(value as never[]) : value]),
    );
    expect(plain).toMatchObject({
      'general.architecture': 'llama',
      'test.uint8': 200,
      'test.int8': -100,
      'test.uint16': 60_000,
      'test.int16': -30_000,
      'test.uint32': 4_000_000_000,
      'test.int32': -2_000_000_000,
      'test.float32': 0.5,
      'test.uint64': 1n << 60n,
      'test.int64': -5n,
      'test.float64': 0.1,
      'test.bool': true,
      'test.string': 'œuf 🥚',
      'test.strings': ['a', '', 'ß'],
      'test.ints': [1, -2, 3],
      'test.floats': [0.5, 0.25],
      'test.bools': [1, 0],
    });
    expect((plain['test.nested'] as { value: Int32Array }[]).map(({ value }) => [...value])).toEqual([[1, 2], [3]]);
    const { tensors: expected } = JSON.parse(readFileSync(join(golden, 'peer.json'), 'utf8')) as {
      tensors: Record<string, { shape: number[]; values: string }>;
    };
    expect([...tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, info] of tensors) {
      const { shape, data } = decodeGgufTensor(info, peer.subarray(info.start, info.start + info.bytes));
      expect(shape, name).toEqual(expected[name].shape);
      const values = new Float32Array(new Uint8Array(Buffer.from(expected[name].values, 'base64')).buffer);
      expect(data, name).toEqual(values);
    }
    // Version 2 has the same layout.
    const second = peer.slice();
    second[4] = 2;
    expect(parse(second).tensors).toEqual(tensors);
  });

  it('asks for more of a file until the header is whole', () => {
    const { tensors } = parse(peer);
    let first = 0;
    for (let length = 0; length <= peer.length; length++) {
      const found = parseGgufHeader(peer.subarray(0, length), peer.length);
      if (!found) continue;
      first ||= length;
      expect(found.tensors).toEqual(tensors);
    }
    expect(first).toBeGreaterThan(700);
    expect(first).toBeLessThan(Math.min(...[...tensors.values()].map((info) => info.start)) + 1);
  });

  it('gives back what it was given', () => {
    const number = fc.oneof(
      fc.record({ type: fc.constant('u32' as const), value: fc.nat() }),
      fc.record({ type: fc.constant('f32' as const), value: fc.float({ noNaN: true }) }),
      fc.record({ type: fc.constant('u64' as const), value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) }),
      fc.record({ type: fc.constant('i64' as const), value: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }) }),
      fc.record({ type: fc.constant('bool' as const), value: fc.boolean() }),
      fc.record({ type: fc.constant('string' as const), value: fc.string({ unit: 'grapheme' }) }),
    );
    const array: fc.Arbitrary<GgufValue> = fc.oneof(
      fc.array(fc.string({ unit: 'grapheme' })).map((value) => ({ type: 'array', of: 'string', value }) as const),
      fc.array(fc.integer()).map((list) => ({ type: 'array', of: 'i32', value: Int32Array.from(list) }) as const),
      fc.array(fc.double()).map((list) => ({ type: 'array', of: 'f64', value: Float64Array.from(list) }) as const),
      fc
        .array(fc.array(fc.nat(255)))
        .map((lists) => lists.map((list) => ({ type: 'array', of: 'u8', value: Uint8Array.from(list) }) as const))
        .map((value) => ({ type: 'array', of: 'array', value }) as const),
    );
    const metadata = fc
      .uniqueArray(fc.tuple(fc.string(), fc.oneof(number, array)), { selector: ([key]) => key })
      .map((entries) => new Map<string, GgufValue>(entries));
    const shape = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    const tensors = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 20 }), shape, fc.constantFrom('F32', 'F16')), {
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(metadata, tensors, (values, list) => {
        const sources = list.map(([name, size, type]) => source(name, size, type as 'F32' | 'F16'));
        const bytes = file(values, sources);
        const read = parse(bytes);
        expect(read.metadata).toEqual(values);
        for (const { name, shape: size, type, values: data } of sources) {
          const info = read.tensors.get(name) as NonNullable<ReturnType<GgufHeader['tensors']['get']>>;
          expect(info).toMatchObject({ shape: size, type });
          const back = decodeGgufTensor(info, bytes.subarray(info.start, info.start + info.bytes));
          if (type === 'F32') expect(back.data).toEqual(data());
        }
      }),
      { numRuns: 150 },
    );
  });

  it('writes only what it can', () => {
    expect(() => file(new Map(), [source('a', [4, 32], 'Q4_K')])).toThrow('whole blocks of 256');
    expect(() => file(new Map(), [source('a', [1, 256], 'Q4_K')])).toThrow('F32, F16, Q4_0, Q8_0, got Q4_K');
    expect(() => file(new Map(), [source('a'.repeat(64), [1])])).toThrow('less than 64 bytes');
  });
});

describe('hostile GGUF files', () => {
  const tensorAt = 24 + 8 + 1 + 4 + 4;
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), 'inside the file of 0 bytes'],
    ['other letters', changed(0, 0x50, 0x4b), 'starts with GGUF'],
    ['version 1', changed(4, 1), 'expected version 2 or 3, got 1'],
    ['version 4', changed(4, 4), 'expected version 2 or 3, got 4'],
    ['big-endian', changed(4, 0, 0, 0, 3), 'got a big-endian one'],
    ['too many tensors', changed(8, 0, 0, 0, 0, 1), 'the number of tensors of at most 65536, got 4294967296'],
    ['too many keys', changed(16, 255, 255, 255, 255, 255, 255, 255, 255), 'the number of keys'],
    ['a key past the end', changed(24, 255, 255), 'a key inside the file'],
    ['a huge key', changed(24, 0, 0, 1), 'the length of a key of at most 65535'],
    ['a key that is no text', changed(32, 0xff), 'a key in UTF-8'],
    ['an unknown value type', changed(33, 13), 'the type of k from 0 to 12, got 13'],
    ['no axes', changed(tensorAt + 9, 0), '1 to 4 axes, got 0'],
    ['five axes', changed(tensorAt + 9, 5), '1 to 4 axes, got 5'],
    ['an empty axis', changed(tensorAt + 13, 0), 'above 0'],
    [
      'sizes that overflow',
      changed(tensorAt + 13, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1),
      'it takes 4835703278458516698824704',
    ],
    ['a type that is not read', changed(tensorAt + 29, 16), 'to be one of F32, F16, BF16'],
    ['its name', changed(tensorAt + 29, 16), 'got IQ2_XXS'],
    ['rows of half a block', changed(tensorAt + 29, 8), 'whole blocks of 32, got 2 elements'],
    ['an offset that is not aligned', changed(tensorAt + 33, 1), 'a multiple of 32, got 1'],
    ['an offset past the end', changed(tensorAt + 33, 0, 0, 1), 'the offset of tensor "t"'],
    ['a cut file', small.subarray(0, small.length - 32), 'an incomplete download?'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parse(bytes)).toThrow(message);
  });

  it('refuses repetitions, overlaps, alignments and nests', () => {
    const twice = Buffer.from(
      file(
        new Map([
          ['a', { type: 'bool', value: true }],
          ['b', { type: 'bool', value: true }],
        ]),
        [],
      ),
    );
    twice[twice.indexOf('b')] = 0x61;
    expect(() => parse(twice)).toThrow('expected each key once, got "a" twice');
    const second = Buffer.from(small).indexOf('u', 40);
    expect(() => parse(changed(second, 0x74))).toThrow('expected each tensor once');
    // t has 16 bytes: u at its place.
    expect(() => parse(changed(second + 1 + 4 + 8 + 4, 0))).toThrow('got tensor "u" over tensor "t"');
    for (const value of [0, 12, 4, 2 ** 21]) {
      expect(() => parse(file(new Map([['general.alignment', u32({ type: 'u32', value })]]), []))).toThrow(
        'power of two',
      );
    }
    let nested: GgufValue = { type: 'array', of: 'u8', value: new Uint8Array(1) };
    for (let depth = 0; depth < 5; depth++) nested = { type: 'array', of: 'array', value: [nested] };
    expect(() => parse(file(new Map([['n', nested]]), []))).toThrow('nested at most 4 deep');
    const many: GgufValue[] = Array.from({ length: 70_000 }, () => ({
      type: 'array',
      of: 'u8',
      value: new Uint8Array(0),
    }));
    expect(() => parse(file(new Map([['n', { type: 'array', of: 'array', value: many }]]), []))).toThrow(
      'at most 65536 arrays',
    );
  });

  it('checks the length of an array before making it', () => {
    const bytes = file(new Map([['a', { type: 'array', of: 'f64', value: Float64Array.of(1) }]]), []);
    bytes.set([0, 0, 0, 8], bytes.indexOf(12, 33) + 4);
    expect(() => parse(bytes)).toThrow('a inside the file of');
    expect(() => parseGgufHeader(bytes, 2 ** 40)).toThrow('a header of at most 268435456 bytes');
    bytes.set([0, 0, 1, 0], bytes.indexOf(12, 33) + 4);
    expect(parseGgufHeader(bytes, 2 ** 40)).toBeUndefined();
  });

  it('answers damaged files with a header or an error of the caller', () => {
    const change = fc.tuple(fc.nat(peer.length - 1), fc.nat(255));
    const cuts = fc.option(fc.nat(peer.length));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), cuts, fc.nat(3), (changes, cut, where) => {
        const bytes = peer.slice(0, cut ?? peer.length);
        // Half of the changes fall into the counts and lengths at the front.
        for (const [at, to] of changes) bytes[where < 2 ? at % 400 : at] = to;
        try {
          const { tensors } = parse(bytes);
          for (const info of tensors.values())
            decodeGgufTensor(info, bytes.subarray(info.start, info.start + info.bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(AbovoError);
          expect((error as AbovoError).kind).toBe('caller');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('metadata', () => {
  const reader = new MetadataReader(
    new Map<string, GgufValue>([
      ['eps', { type: 'f32', value: Math.fround(1e-5) }],
      ['theta', { type: 'f32', value: Math.fround(500_000) }],
      ['third', { type: 'f32', value: Math.fround(1 / 3) }],
      ['big', { type: 'u64', value: 1n << 60n }],
      ['n', { type: 'u64', value: 7n }],
      ['text', { type: 'string', value: 'x' }],
      ['list', { type: 'array', of: 'i64', value: BigInt64Array.of(1n, -2n) }],
    ]),
  );
  it('names the key of whatever is not as expected', () => {
    expect([reader.number('eps'), reader.number('theta'), reader.number('n')]).toEqual([1e-5, 500_000, 7]);
    expect(Math.fround(reader.number('third'))).toBe(Math.fround(1 / 3));
    expect(reader.optionalNumbers('list', 2)).toEqual(Float64Array.of(1, -2));
    expect(() => reader.number('absent')).toThrow('expected absent to be a number, got nothing');
    expect(() => reader.number('big')).toThrow('expected big to be a number, got 1152921504606846976');
    expect(() => reader.number('text')).toThrow('expected text to be a number, got x');
    expect(() => reader.strings('list')).toThrow('expected list to be an array of texts, got an array of i64');
    expect(() => reader.optionalNumbers('list', 3)).toThrow('an array of 3 numbers');
    expect(reader.unread('')).toEqual([]);
  });

  it('has a type for every number of the format', () => {
    const ids = Object.values(ggufTypes).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
