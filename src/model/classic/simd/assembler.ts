import { invariant } from '../../../base/core/index.js';

/** Instructions as the bytes of WebAssembly's binary format; an expression leaves its value on the stack. */
export type Code = readonly number[];

export type ValueType = 'i32' | 'f32' | 'v128';
const typeByte: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b };

/** A parameter or local variable of a function. */
export interface Local {
  readonly index: number;
  readonly type: ValueType;
}

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128 of a 32-bit number. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const binary =
  (...opcode: number[]) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode];
const unary =
  (...opcode: number[]) =>
  (a: Code): Code => [...a, ...opcode];
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

export const get = (local: Local): Code => [0x20, ...unsigned(local.index)];
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local.index)];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  load: (address: Code, offset = 0): Code => [...address, 0x28, 2, ...unsigned(offset)],
  add: binary(0x6a),
  mul: binary(0x6c),
  shl: binary(0x74),
  eq: binary(0x46),
  ltU: binary(0x49),
  /** Toward zero; out of range and NaN give the nearest bound and 0. */
  fromF32: unary(0xfc, 0),
};

export const f32 = {
  const: (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)],
  load: (address: Code, offset = 0): Code => [...address, 0x2a, 2, ...unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x38, 2, ...unsigned(offset)],
  add: binary(0x92),
  sub: binary(0x93),
  mul: binary(0x94),
  div: binary(0x95),
  min: binary(0x96),
  max: binary(0x97),
  sqrt: unary(0x91),
};

export const f32x4 = {
  load: (address: Code, offset = 0): Code => [...address, ...simd(0), 4, ...unsigned(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(11), 4, ...unsigned(offset)],
  zero: [...simd(12), ...Array.from({ length: 16 }, () => 0)] as Code,
  splat: unary(...simd(0x13)),
  lane: (value: Code, lane: number): Code => [...value, ...simd(0x1f), lane],
  sqrt: unary(...simd(0xe3)),
  add: binary(...simd(0xe4)),
  sub: binary(...simd(0xe5)),
  mul: binary(...simd(0xe6)),
  div: binary(...simd(0xe7)),
  min: binary(...simd(0xe8)),
  max: binary(...simd(0xe9)),
};

/** Sum of the four lanes. */
export const horizontalSum = (vector: Local): Code =>
  f32.add(
    f32.add(f32x4.lane(get(vector), 0), f32x4.lane(get(vector), 1)),
    f32.add(f32x4.lane(get(vector), 2), f32x4.lane(get(vector), 3)),
  );

/** `then` where the condition is not 0, else `otherwise`. */
export const when = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  0x04,
  0x40,
  ...then,
  ...(otherwise.length > 0 ? [0x05, ...otherwise] : []),
  0x0b,
];

/** Runs `body` at least once and again while the condition after it is not 0. */
export const doWhile = (body: Code, condition: Code): Code => [0x03, 0x40, ...body, ...condition, 0x0d, 0, 0x0b];

/** A function of a module: its parameters, its locals and its body. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result?: ValueType;
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** Hands out locals, then takes the body. */
export class FunctionBuilder {
  readonly #name: string;
  readonly #parameters: ValueType[] = [];
  readonly #locals: ValueType[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  parameter(type: ValueType): Local {
    invariant(this.#locals.length === 0, 'parameters come before locals');
    this.#parameters.push(type);
    return { index: this.#parameters.length - 1, type };
  }

  local(type: ValueType): Local {
    this.#locals.push(type);
    return { index: this.#parameters.length + this.#locals.length - 1, type };
  }

  /** The function; `body` leaves a value of type `result` on the stack where one is named. */
  build(body: readonly Code[], result?: ValueType): WasmFunction {
    return { name: this.#name, parameters: this.#parameters, result, locals: this.#locals, body: body.flat() };
  }
}

const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
const text = (value: string): number[] => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
};

/** Call of the n-th function of the module, its arguments on the stack. */
export const call = (index: number, ...args: Code[]): Code => [...args.flat(), 0x10, ...unsigned(index)];

/** A module that imports the memory `env.memory` and exports every function under its name. */
export function assemble(functions: readonly WasmFunction[], shared: boolean): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, result }) => [
    0x60,
    ...vector(parameters.map((type) => [typeByte[type]])),
    ...vector(result ? [[typeByte[result]]] : []),
  ]);
  const bodies = functions.map(({ locals, body }) => {
    const code = [...vector(locals.map((type) => [1, typeByte[type]])), ...body, 0x0b];
    return [...unsigned(code.length), ...code];
  });
  const memory = [...text('env'), ...text('memory'), 0x02, shared ? 0x03 : 0x01, 0, ...unsigned(65536)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([memory])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)]))),
    ...section(10, vector(bodies)),
  ]);
}
