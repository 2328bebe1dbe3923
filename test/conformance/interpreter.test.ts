import { describe, expect, it } from 'vitest';
import { primitiveNames, typeRules } from '../../src/compiler/ir/index.js';
import { createInterpreter } from '../../src/compiler/runtime/index.js';
import { conformance, dtypesCovered } from './suite.js';

conformance('the interpreter', async () => createInterpreter());

describe('the cases', () => {
  it.each(primitiveNames)('%s: every claimed element type occurs', (op) => {
    expect([...dtypesCovered(op, 24)].sort()).toEqual([...typeRules[op].dtypes].sort());
  });
});
