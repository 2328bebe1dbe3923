import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { InvalidInput } from '../../base/core/index.js';
import { SafetensorsReader, readSafetensorsFile, writeSafetensorsFile } from './index.node.js';
import { decodeBf16, decodeF16, encodeSafetensors, hostTensor, readSafetensors } from './index.js';
import type { DType, HostTensor } from './index.js';

const golden = join(repositoryRoot, 'test/golden/safetensors');
const whole = (pieces: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(pieces));

/** A file with this header and this many zero bytes of data. */
function file(header: unknown, dataBytes = 0, text = JSON.stringify(header)): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const out = new Uint8Array(8 + bytes.length + dataBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(bytes.length), true);
  out.set(bytes, 8);
  return out;
}

function values({ dtype, data }: HostTensor): (string | number)[] {
  if (dtype === 'f16') return Array.from(data as Uint16Array, decodeF16);
  if (dtype === 'bf16') return Array.from(data as Uint16Array, decodeBf16);
  return Array.from<number | bigint, string | number>(data, (x) => (typeof x === 'bigint' ? String(x) : x));
}

describe('safetensors', () => {
  it('reads what the reference implementation wrote, and writes the same bytes', async () => {
    const bytes = new Uint8Array(await readFile(join(golden, 'peer.safetensors')));
    const expected = JSON.parse(await readFile(join(golden, 'peer.json'), 'utf8')) as Record<
      string,
      { shape: number[]; values: unknown[] }
    >;
    const { tensors, metadata } = readSafetensors(bytes);
    expect(metadata).toEqual({ format: 'pt' });
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, values: want }] of Object.entries(expected)) {
      expect(tensors[name].shape, name).toEqual(shape);
      expect(values(tensors[name]), name).toEqual(want);
    }
    expect(whole(encodeSafetensors(tensors, metadata))).toEqual(bytes);
  });

  it('writes atomically and reads lazily', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'abovo-'));
    try {
      const path = join(folder, 'model.safetensors');
      const tensors = {
        '10': hostTensor('f32', [2, 2], [1, 2, 3, 4]),
        '9': hostTensor('i64', [1], [7]),
        z: hostTensor('bool', [3], [1, 0, 1]),
      };
      await writeSafetensorsFile(path, tensors, { note: 'é' });
      expect(await readdir(folder)).toEqual(['model.safetensors']);
      expect(await readSafetensorsFile(path)).toEqual({ tensors, metadata: { note: 'é' } });
      const reader = await SafetensorsReader.open(path);
      expect((await reader.read('10')).data).toEqual(new Float32Array([1, 2, 3, 4]));
      await expect(reader.read('none')).rejects.toThrow(/expected a tensor named 'none'/);
      await reader.close();
      await writeFile(path, 'short');
      await expect(SafetensorsReader.open(path)).rejects.toThrow(
        /model.safetensors: safetensors: expected at least 8 bytes, got 5/,
      );
      await expect(SafetensorsReader.open(join(folder, 'none'))).rejects.toThrow(/expected a readable file/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  const entry = (dtype: string, shape: unknown, ...offsets: unknown[]) => ({ dtype, shape, data_offsets: offsets });
  it.each<[string, Uint8Array, RegExp]>([
    ['no length', new Uint8Array(3), /at least 8 bytes/],
    ['a header past the end', file({}).subarray(0, 9), /a header inside the file/],
    ['a huge header', Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 255, 123]), /at most 100000000 bytes/],
    ['no JSON', file(null, 0, '{"a"'), /JSON in UTF-8/],
    ['not an object', file([1]), /starts with \{/],
    ['space in front', file(null, 0, ' {}'), /starts with \{/],
    ['an unknown type', file({ a: entry('F8_E4M3', [1], 0, 1) }, 1), /one of I64/],
    ['a type from the prototype', file({ a: entry('toString', [1], 0, 1) }, 1), /one of I64/],
    ['a negative size', file({ a: entry('F32', [-1], 0, 4) }, 4), /shape of whole numbers/],
    ['half a size', file({ a: entry('F32', [1.5], 0, 6) }, 6), /shape of whole numbers/],
    [
      'a shape that overflows',
      file({ a: entry('F32', [2 ** 31, 2 ** 31, 2 ** 31], 0, 4) }, 4),
      /of 39614081257132168796771975168 bytes/,
    ],
    ['a wrapped shape', file({ a: entry('U8', [2 ** 32, 2 ** 32], 0, 0) }), /of 18446744073709551616 bytes/],
    ['size and offsets that differ', file({ a: entry('F32', [2], 0, 4) }, 4), /of 8 bytes, got offsets 0 to 4/],
    ['offsets turned round', file({ a: entry('F32', [1], 4, 0) }, 4), /data_offsets \[start, end\]/],
    ['three offsets', file({ a: entry('F32', [1], 0, 4, 8) }, 4), /data_offsets \[start, end\]/],
    ['offsets past the end', file({ a: entry('F32', [1], 0, 4) }, 3), /expected 4 bytes of tensors, got 3/],
    ['bytes left over', file({ a: entry('F32', [1], 0, 4) }, 5), /expected 4 bytes of tensors, got 5/],
    ['an overlap', file({ a: entry('F32', [2], 0, 8), b: entry('F32', [1], 4, 8) }, 8), /without gap or overlap/],
    ['a gap', file({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 8, 12) }, 12), /without gap or overlap/],
    [
      'a name twice',
      file(
        null,
        4,
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061" :{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
      ),
      /'a' twice/,
    ],
    ['an unknown field', file({ a: { ...entry('F32', [1], 0, 4), extra: 1 } }, 4), /also 'extra'/],
    ['metadata that is no text', file({ __metadata__: { a: 1 } }), /from text to text/],
    ['deep nesting', file(null, 0, `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`), /safetensors: expected/],
    ['bool of 2', Uint8Array.from([...file({ a: entry('BOOL', [1], 0, 1) }), 2]), /bool as 0 and 1/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(InvalidInput);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  it('gives back what it was given', () => {
    const dtypes: DType[] = ['f64', 'f32', 'f16', 'bf16', 'i64', 'i32', 'i8', 'u8', 'bool'];
    const tensor = fc
      .tuple(fc.constantFrom(...dtypes), fc.array(fc.nat({ max: 3 }), { maxLength: 4 }))
      .map(([dtype, shape]) => hostTensor(dtype, shape));
    const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__metadata__' && text !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(name, tensor), fc.dictionary(name, fc.string()), (tensors, metadata) => {
        const back = readSafetensors(whole(encodeSafetensors(tensors, metadata)));
        expect(back.tensors).toEqual({ ...tensors });
        expect(back.metadata).toEqual({ ...metadata });
      }),
      { numRuns: 300 },
    );
  });

  it('answers damaged files with a tensor or a clear error, nothing else', async () => {
    const bytes = new Uint8Array(await readFile(join(golden, 'peer.safetensors')));
    const change = fc.record({ at: fc.nat({ max: bytes.length - 1 }), to: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.nat({ max: bytes.length }),
        fc.boolean(),
        (changes, length, cut) => {
          const damaged = bytes.slice(0, cut ? length : bytes.length);
          for (const { at, to } of changes) if (at < damaged.length) damaged[at] = to;
          try {
            readSafetensors(damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInput);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
