import { it } from 'vitest';
import { openWebGpu } from '../webgpu.js';
import { conformance } from './suite.js';

const executor = await openWebGpu();

if (typeof executor === 'string') {
  it('conformance of ONNX Runtime on WebGPU', (context) => context.skip(executor));
} else {
  conformance(`ONNX Runtime on WebGPU`, async () => executor, {
    skip: (_, dtypes, zeroLength) => {
      if (zeroLength) return 'a GPU buffer has at least one element';
      if (dtypes.includes('f16')) return 'not every adapter has f16';
      return dtypes.some((dtype) => dtype === 'bf16' || dtype === 'i8') ? 'no buffer of this type' : undefined;
    },
  });
}
