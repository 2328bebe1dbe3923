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
      return dtypes.every((dtype) => ['f32', 'i32', 'bool'].includes(dtype)) ? undefined : 'no GPU buffer of this type';
    },
  });
}
