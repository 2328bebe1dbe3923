import { createOrtExecutor } from '../../src/compiler/runtime/index.node.js';
import { conformance } from './suite.js';

conformance('ONNX Runtime on the CPU', () => createOrtExecutor({ device: 'cpu', threads: 2 }), {
  // bf16 has no typed array that ONNX Runtime's JavaScript tensors take.
  skip: (_, dtypes) => (dtypes.includes('bf16') ? 'bf16 cannot be fed' : undefined),
});
