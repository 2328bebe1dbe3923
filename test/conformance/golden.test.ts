import { expect, it } from 'vitest';
import { print, simplify } from '../../src/compiler/ir/index.js';
import { programs } from './programs.js';

// A change that moves these texts says so and why; `npx vitest run test/conformance/golden.test.ts -u` writes them anew.
it.each(Object.entries(programs))('the training step of %s is the program it was', async (name, make) => {
  await expect(print(simplify(make()))).toMatchFileSnapshot(`../golden/programs/${name}.txt`);
});
