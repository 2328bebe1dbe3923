import { InvalidInput, invariant } from '../../base/core/index.js';
import type { DType } from '../tensor/index.js';
import type { Graph, Node, Port, ValueId, ValueType } from './graph.js';
import type { PrimitiveAttributes, PrimitiveName } from './primitive.js';
import { inferTypes } from './rules.js';
import { canonicalShape, formatShape } from './shape.js';
import type { Shape } from './shape.js';

/** A value of the function being traced: it has a type, its numbers exist only when the graph runs. */
export class Tensor {
  readonly tracer: Tracer;
  readonly id: ValueId;

  constructor(tracer: Tracer, id: ValueId) {
    this.tracer = tracer;
    this.id = id;
  }

  get dtype(): DType {
    return this.tracer.values[this.id].dtype;
  }

  get shape(): Shape {
    return this.tracer.values[this.id].shape;
  }

  get rank(): number {
    return this.shape.length;
  }

  toString(): string {
    return `Tensor(${this.dtype}${formatShape(this.shape)})`;
  }
}

/** Records applications of primitives in order. Public so that the reverse walk can read what was recorded. */
export class Tracer {
  readonly values: ValueType[] = [];
  readonly nodes: Node[] = [];

  value(type: ValueType): Tensor {
    this.values.push(type);
    return new Tensor(this, this.values.length - 1);
  }

  tensor(id: ValueId): Tensor {
    invariant(id >= 0 && id < this.values.length, `value ${id} is not of this trace`);
    return new Tensor(this, id);
  }

  /** Appends one application, its types checked, and gives its outputs. */
  apply<P extends PrimitiveName>(op: P, attributes: PrimitiveAttributes[P], inputs: readonly Tensor[]): Tensor[] {
    for (const input of inputs) {
      if (!(input instanceof Tensor) || input.tracer !== this) {
        throw new InvalidInput('ir.trace', `${op}: expected tensors of the running trace, got ${describe(input)}`);
      }
    }
    const types = inferTypes(
      op,
      attributes,
      inputs.map(({ id }) => this.values[id]),
    );
    const outputs = types.map((type) => this.value(type));
    // `op` and `attributes` belong together by the signature, which the union cannot see.
    this.nodes.push({
      op,
      attributes,
      inputs: inputs.map(({ id }) => id),
      outputs: outputs.map(({ id }) => id),
    } as unknown as Node);
    return outputs;
  }
}

const running: Tracer[] = [];

/** The trace that runs now: where constants and random numbers go. */
export function currentTracer(op: string): Tracer {
  const tracer = running.at(-1);
  if (!tracer) throw new InvalidInput('ir.trace', `${op}: expected to run inside trace(…), got a call outside`);
  return tracer;
}

function describe(value: unknown): string {
  if (value instanceof Tensor) return 'a tensor of another trace';
  return value === undefined || value === null ? String(value) : typeof value;
}

function checkName(what: string, name: string): void {
  if (!/^[\w./:-]+$/.test(name)) {
    throw new InvalidInput('ir.name', `trace: expected ${what} name of letters, digits and ._/:-, got '${name}'`);
  }
}

/**
 * Runs `fn` on symbolic tensors and records what it does.
 *
 * Outputs keep the order of the record that `fn` returns; an input may be returned as it is, and one value under two
 * names. Inputs that `fn` never reads stay inputs of the graph.
 */
export function trace(
  name: string,
  inputs: Readonly<Record<string, ValueType>>,
  fn: (inputs: Record<string, Tensor>) => Readonly<Record<string, Tensor>>,
): Graph {
  const tracer = new Tracer();
  const ports: Port[] = [];
  const tensors: Record<string, Tensor> = {};
  for (const [key, { dtype, shape }] of Object.entries(inputs)) {
    checkName('an input', key);
    tensors[key] = tracer.value({ dtype, shape: canonicalShape(shape) });
    ports.push({ name: key, value: tensors[key].id });
  }
  running.push(tracer);
  try {
    const outputs = Object.entries(fn(tensors)).map(([key, tensor]): Port => {
      checkName('an output', key);
      if (!(tensor instanceof Tensor) || tensor.tracer !== tracer) {
        throw new InvalidInput(
          'ir.trace',
          `trace ${name}: expected a tensor of this trace as ${key}, got ${describe(tensor)}`,
        );
      }
      return { name: key, value: tensor.id };
    });
    return { name, inputs: ports, outputs, values: tracer.values, nodes: tracer.nodes };
  } finally {
    running.pop();
  }
}
