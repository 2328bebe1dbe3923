import { InvalidInput } from '../../base/core/index.js';

/**
 * A dimension: a number, or a symbol for one that is known only when the program runs (`'B'`), or a product of both in
 * canonical form (`'64*B*T'`: factor first when not 1, symbols sorted). Training graphs are fully static; only
 * inference graphs use symbols, and gradients are not taken of those.
 */
export type Dim = number | string;

export type Shape = readonly Dim[];

interface Product {
  readonly factor: number;
  readonly symbols: readonly string[];
}

/** Products by their text: every call of a program matches the same few against the shapes that it got. */
const parsed = new Map<string, Product>();
const mostParsed = 4096;

function parse(dim: Dim): Product {
  if (typeof dim === 'number') {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new InvalidInput('ir.dim', `dimension: expected a whole number >= 0 or a symbol, got ${dim}`);
    }
    return { factor: dim, symbols: [] };
  }
  let product = parsed.get(dim);
  if (!product) {
    product = parseText(dim);
    if (parsed.size >= mostParsed) parsed.clear();
    parsed.set(dim, product);
  }
  return product;
}

function parseText(dim: string): Product {
  let factor = 1;
  const symbols: string[] = [];
  for (const part of dim.split('*')) {
    if (/^\d+$/.test(part)) factor *= Number(part);
    else if (/^[A-Za-z_]\w*$/.test(part)) symbols.push(part);
    else throw new InvalidInput('ir.dim', `dimension: expected a product of numbers and symbols, got '${dim}'`);
  }
  return { factor, symbols: symbols.sort() };
}

function format({ factor, symbols }: Product): Dim {
  if (symbols.length === 0 || factor === 0) return factor;
  return (factor === 1 ? symbols : [factor, ...symbols]).join('*');
}

/** Canonical product of dimensions; 1 for none. */
export function multiplyDims(...dims: readonly Dim[]): Dim {
  let factor = 1;
  const symbols: string[] = [];
  for (const dim of dims) {
    if (typeof dim === 'number') {
      factor *= dim;
      continue;
    }
    const product = parse(dim);
    factor *= product.factor;
    symbols.push(...product.symbols);
  }
  return format({ factor, symbols: symbols.sort() });
}

/** a / b when it is exact for every value of the symbols, else undefined. */
export function divideDims(a: Dim, b: Dim): Dim | undefined {
  const left = parse(a);
  const right = parse(b);
  if (right.factor === 0 || left.factor % right.factor !== 0) return undefined;
  const symbols = [...left.symbols];
  for (const symbol of right.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return undefined;
    symbols.splice(at, 1);
  }
  return format({ factor: left.factor / right.factor, symbols });
}

/** The same shape with every dimension in canonical form, so that equality is equality of strings and numbers. */
export function canonicalShape(shape: Shape): Shape {
  return shape.map((dim) => format(parse(dim)));
}

/** Number of elements as a dimension. */
export function elementsOf(shape: Shape): Dim {
  return multiplyDims(...shape);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number');
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** NumPy broadcasting of two shapes; undefined where they do not fit. A symbol fits itself and 1. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const result: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    result.push(x === 1 ? y : x);
  }
  return result;
}

/** Values of the symbols of a program, found from the shapes of its inputs. */
export type DimBindings = Map<string, number>;

/** Value of a dimension once its symbols are bound. */
export function evaluateDim(dim: Dim, bindings: DimBindings): number {
  if (typeof dim === 'number') return dim;
  const { factor, symbols } = parse(dim);
  return symbols.reduce((value, symbol) => {
    const bound = bindings.get(symbol);
    if (bound === undefined) {
      throw new InvalidInput('ir.dim', `dimension '${dim}': expected a value for ${symbol}, got none from the inputs`);
    }
    return value * bound;
  }, factor);
}

/** Matches an actual shape against a declared one, adding what it says about symbols to `bindings`. */
export function bindShape(name: string, declared: Shape, actual: readonly number[], bindings: DimBindings): void {
  const mismatch = () =>
    new InvalidInput(
      'run.shape',
      `input ${name}: expected shape ${formatShape(declared)}${describe(bindings)}, got ${formatShape(actual)}`,
      { name, expected: declared, got: actual },
    );
  if (declared.length !== actual.length) throw mismatch();
  declared.forEach((dim, i) => {
    const size = actual[i];
    if (typeof dim === 'string') {
      const { factor, symbols } = parse(dim);
      const open = symbols.filter((symbol) => !bindings.has(symbol));
      const known = symbols.reduce((value, symbol) => value * (bindings.get(symbol) ?? 1), factor);
      if (open.length === 1) {
        if (known === 0 || size % known !== 0) throw mismatch();
        bindings.set(open[0], size / known);
        return;
      }
    }
    if (evaluateDim(dim, bindings) !== size) throw mismatch();
  });
}

function describe(bindings: DimBindings): string {
  return bindings.size === 0
    ? ''
    : ` with ${[...bindings].map(([symbol, value]) => `${symbol} = ${value}`).join(', ')}`;
}
