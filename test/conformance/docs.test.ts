import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { vjpRules } from '../../src/compiler/autodiff/index.js';
import { primitiveNames, typeRules } from '../../src/compiler/ir/index.js';
import type { PrimitiveName } from '../../src/compiler/ir/index.js';
import { lowerToModel } from '../../src/compiler/onnx/index.js';
import { repositoryRoot } from '../support.js';
import { Draw } from './generate.js';
import { rows } from './rows.js';
import { combine } from './suite.js';

/** Operators that some case of a primitive becomes on the CPU; ONNX Runtime's own ones are marked. */
function operators(op: PrimitiveName): string {
  const found = new Set<string>();
  for (let index = 0; index < 24; index++) {
    const test = rows[op](new Draw(op, index));
    if (Object.values(test.inputs).some(({ data }) => data.length === 0)) continue;
    for (const node of lowerToModel(combine(op, [{ index, test, wrt: [] }])).nodes) {
      if (node.op !== 'Identity') found.add(node.domain === '' ? node.op : `${node.op}*`);
    }
  }
  const names = [...found].sort();
  return names.length > 6 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ') || 'none';
}

function gradient(op: PrimitiveName): string {
  const rule = vjpRules[op];
  return 'kind' in rule ? `${rule.kind}: ${rule.reason}` : 'yes';
}

function arity(op: PrimitiveName): string {
  const found = typeRules[op].arity;
  if (typeof found === 'number') return `${found}`;
  return Number.isFinite(found[1]) ? `${found[0]} or ${found[1]}` : `${found[0]} or more`;
}

function table(): string {
  const lines = primitiveNames.map(
    (op) =>
      `| \`${op}\` | ${arity(op)} | ${typeRules[op].dtypes.join(' ') || 'any'} | ${gradient(op)} | ${operators(op)} |`,
  );
  return [
    '',
    '| primitive | inputs | element types | gradient | ONNX operators (* of ONNX Runtime) |',
    '|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

it('docs/compiler.md lists the primitives as they are', () => {
  const path = join(repositoryRoot, 'docs/compiler.md');
  const text = readFileSync(path, 'utf8');
  const wanted = text.replace(
    /(<!-- primitives: .* -->\n)[\s\S]*?(<!-- \/primitives -->)/,
    (_, open, close) => `${open}${table()}\n${close}`,
  );
  if (process.env.UPDATE_DOCS) writeFileSync(path, wanted);
  else expect(text, 'run UPDATE_DOCS=1 npx vitest run test/conformance/docs.test.ts').toBe(wanted);
});
