import { InvalidInput } from '../../base/core/index.js';
import type { Json } from '../../base/core/index.js';
import type { Activation } from '../nn/index.js';

type JsonObject = { readonly [key: string]: Json };

/** Refuses a field of a config.json. */
export function refuseField(field: string, expected: string, got: unknown): never {
  throw new InvalidInput(
    'model.config',
    `config.json: expected ${field} ${expected}, got ${JSON.stringify(got) ?? 'nothing'}`,
    { field, got },
  );
}

/** What other files call the activations. */
const activationNames: Readonly<Record<string, Activation>> = {
  gelu: 'gelu',
  gelu_fast: 'gelu-tanh',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
};

/** The name that transformers reads for each activation. */
export const hfActivation: Readonly<Record<Activation, string>> = {
  gelu: 'gelu',
  'gelu-tanh': 'gelu_pytorch_tanh',
  relu: 'relu',
  silu: 'silu',
};

/** Reads typed fields of a config.json; a missing field takes its default, `undefined` meaning there is none. */
export class Fields {
  readonly #json: JsonObject;

  constructor(json: JsonObject) {
    this.#json = json;
  }

  /** The fields of an object inside this one, or none. */
  object(field: string): Fields | undefined {
    const value = this.get(field);
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuseField(field, 'an object', value);
    return new Fields(value as JsonObject);
  }

  get(field: string): Json | undefined {
    return Object.hasOwn(this.#json, field) ? (this.#json[field] ?? undefined) : undefined;
  }

  number(field: string, fallback?: number): number {
    const value = this.get(field) ?? fallback;
    if (typeof value !== 'number') refuseField(field, 'a number', value);
    return value;
  }

  /** A number, or the null that stands there; `absent` where the field is missing. */
  optionalNumber(field: string, absent: number | null): number | null {
    if (Object.hasOwn(this.#json, field) && this.#json[field] === null) return null;
    return this.get(field) === undefined ? absent : this.number(field);
  }

  boolean(field: string, fallback: boolean): boolean {
    const value = this.get(field) ?? fallback;
    if (typeof value !== 'boolean') refuseField(field, 'true or false', value);
    return value;
  }

  /** Refuses a model that computes something else than the family does. */
  only(field: string, allowed: readonly Json[]): void {
    const value = this.get(field);
    if (value !== undefined && !allowed.includes(value)) {
      refuseField(
        field,
        `to be ${allowed.map((a) => JSON.stringify(a)).join(' or ')} (nothing else is supported)`,
        value,
      );
    }
  }

  activation(field: string, fallback: Activation): Activation {
    const value = this.get(field);
    if (value === undefined) return fallback;
    const found = typeof value === 'string' && Object.hasOwn(activationNames, value) && activationNames[value];
    if (!found) refuseField(field, `to be one of ${Object.keys(activationNames).join(', ')}`, value);
    return found;
  }

  /** A token id, the first of several, or null where there is none inside the vocabulary. */
  tokenId(field: string, vocabSize: number): number | null {
    const value = this.get(field);
    const id = Array.isArray(value) ? value[0] : value;
    return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 && id < vocabSize ? id : null;
  }
}
