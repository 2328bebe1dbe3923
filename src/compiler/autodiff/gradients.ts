import { InvalidInput, invariant } from '../../base/core/index.js';
import { Tensor, add, concat, formatShape, isStatic, ones, pad, zeros } from '../ir/index.js';
import type { Node, PrimitiveName, Tracer, ValueId } from '../ir/index.js';
import type { Contribution, Part, Vjp, VjpRules } from './rule.js';
import { elementwiseVjps } from './rules-elementwise.js';
import { blockedVjps } from './rules-blocked.js';
import { fusedVjps } from './rules-fused.js';
import { shapeVjps } from './rules-shape.js';

/** How the gradient of every primitive is made. */
export const vjpRules: VjpRules<PrimitiveName> = {
  ...elementwiseVjps,
  ...shapeVjps,
  ...fusedVjps,
  ...blockedVjps,
};

/** Joins the parts along one axis where they do not overlap; gaps are zeros. Undefined where they overlap. */
function join(parts: readonly Part[], size: number): Tensor | undefined {
  const { axis } = parts[0];
  const pieces: Tensor[] = [];
  let end = 0;
  for (const { start, gradient } of [...parts].sort((a, b) => a.start - b.start)) {
    if (start < end) return undefined;
    const length = gradient.shape[axis] as number;
    pieces.push(start > end ? pad(gradient, axis, start - end, 0) : gradient);
    end = start + length;
  }
  if (end < size) pieces.push(pad(pieces.pop()!, axis, 0, size - end));
  return pieces.length === 1 ? pieces[0] : concat(pieces, axis);
}

/** The sum of everything that arrived at one value. */
function total(value: Tensor, contributions: readonly Exclude<Contribution, undefined>[]): Tensor {
  const whole: Tensor[] = [];
  const byAxis = new Map<number, Part[]>();
  for (const contribution of contributions) {
    if (contribution instanceof Tensor) whole.push(contribution);
    else byAxis.set(contribution.axis, [...(byAxis.get(contribution.axis) ?? []), contribution]);
  }
  for (const [axis, parts] of byAxis) {
    const size = value.shape[axis] as number;
    const joined = join(parts, size);
    whole.push(...(joined ? [joined] : parts.map((part) => join([part], size)!)));
  }
  return whole.reduce((a, b) => add(a, b));
}

/** Which values the wanted ones reach through operations with a gradient. */
function reached(nodes: readonly Node[], wrt: readonly Tensor[], tracer: Tracer): Set<ValueId> {
  const needed = new Set<ValueId>(wrt.map(({ id }) => id));
  for (const node of nodes) {
    const rule = vjpRules[node.op];
    if ('kind' in rule && rule.kind === 'zero') continue;
    if (!node.inputs.some((id) => needed.has(id))) continue;
    for (const id of node.outputs) if (isFloat(tracer, id)) needed.add(id);
  }
  return needed;
}

const isFloat = (tracer: Tracer, id: ValueId) => ['f32', 'f16', 'bf16', 'f64'].includes(tracer.values[id].dtype);

function check(loss: Tensor, wrt: readonly Tensor[]): void {
  if (loss.rank !== 0 || loss.dtype !== 'f32') {
    throw new InvalidInput(
      'autodiff.loss',
      `gradients: expected a loss of f32[], got ${loss.dtype}${formatShape(loss.shape)}`,
    );
  }
  for (const tensor of wrt) {
    if (tensor.tracer !== loss.tracer) {
      throw new InvalidInput('autodiff.trace', 'gradients: expected tensors of the trace of the loss, got another one');
    }
    if (!isFloat(tensor.tracer, tensor.id)) {
      throw new InvalidInput('autodiff.dtype', `gradients: expected floating-point tensors, got ${tensor.dtype}`);
    }
  }
}

/**
 * Gradients of a scalar loss by each tensor of `wrt` (zeros where it does not depend on one), recorded behind the
 * operations that computed the loss. Shapes must be static.
 */
export function gradients(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  check(loss, wrt);
  const { tracer } = loss;
  const nodes = [...tracer.nodes];
  const needed = reached(nodes, wrt, tracer);
  const arrived = new Map<ValueId, Exclude<Contribution, undefined>[]>();
  const sums = new Map<ValueId, Tensor>();
  if (needed.has(loss.id)) arrived.set(loss.id, [ones([])]);
  const gradientOf = (id: ValueId): Tensor | undefined => {
    const contributions = arrived.get(id);
    if (!contributions || !needed.has(id)) return undefined;
    const sum = sums.get(id) ?? total(tracer.tensor(id), contributions);
    sums.set(id, sum);
    return sum;
  };
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((id) => arrived.has(id)) || !node.inputs.some((id) => needed.has(id))) continue;
    const rule = vjpRules[node.op];
    if ('kind' in rule) {
      if (rule.kind === 'zero') continue;
      throw new InvalidInput('autodiff.refused', `gradients: ${node.op} has none: ${rule.reason}`);
    }
    for (const id of [...node.inputs, ...node.outputs]) {
      const { shape } = tracer.values[id];
      if (!isStatic(shape)) {
        throw new InvalidInput(
          'autodiff.shape',
          `gradients: expected static shapes, got ${formatShape(shape)} at ${node.op}`,
        );
      }
    }
    const contributions = (rule as Vjp<PrimitiveName>)({
      attributes: node.attributes,
      inputs: node.inputs.map((id) => tracer.tensor(id)),
      outputs: node.outputs.map((id) => tracer.tensor(id)),
      gradients: node.outputs.map(gradientOf),
      needs: node.inputs.map((id) => needed.has(id)),
    });
    node.inputs.forEach((id, i) => {
      const contribution = contributions[i];
      if (contribution && needed.has(id)) arrived.set(id, [...(arrived.get(id) ?? []), contribution]);
    });
  }
  return wrt.map((tensor) => {
    const gradient = gradientOf(tensor.id) ?? zeros(tensor.shape);
    invariant(formatShape(gradient.shape) === formatShape(tensor.shape), 'a gradient has the shape of its tensor');
    return gradient;
  });
}

/** A function of named parameters made into one that gives the loss and its gradients by the same names. */
export function valueAndGrad<Rest extends readonly unknown[]>(
  fn: (params: Readonly<Record<string, Tensor>>, ...rest: Rest) => Tensor,
): (params: Readonly<Record<string, Tensor>>, ...rest: Rest) => { value: Tensor; gradients: Record<string, Tensor> } {
  return (params, ...rest) => {
    const value = fn(params, ...rest);
    const names = Object.keys(params);
    const found = gradients(
      value,
      names.map((name) => params[name]),
    );
    return { value, gradients: Object.fromEntries(names.map((name, i) => [name, found[i]])) };
  };
}
