import { encodeModel } from '../onnx/index.js';
import type { OrtModule, OrtTensor } from './ort-tensor.node.js';

// Two pixels of 16 channels, whose number is also their position: reordered, channel 0 of the second pixel comes behind as many
// numbers as a block has.
const channels = 16;
const pixels = 2;

/**
 * Channels of one block of ONNX Runtime's blocked convolutions: as many as a vector register of this processor holds, 8 or
 * 16; 0 where this build of it has no such kernels.
 */
export async function measureBlock(ort: OrtModule): Promise<number> {
  const shape = [1, 1, pixels, channels];
  const model = encodeModel({
    name: 'block',
    nodes: [
      {
        op: 'ReorderInput',
        domain: 'com.microsoft.nchwc',
        name: 'reorder',
        inputs: ['x'],
        outputs: ['y'],
        attributes: { channels_last: { kind: 'int', value: 1 } },
      },
    ],
    initializers: [],
    inputs: [{ name: 'x', dtype: 'f32', shape }],
    outputs: [{ name: 'y', dtype: 'f32', shape: [1, channels, 1, pixels] }],
  });
  const options = { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 4 } as const;
  const session = await ort.InferenceSession.create(model, options).catch(() => undefined);
  if (!session) return 0;
  const x = new ort.Tensor(
    'float32',
    Float32Array.from({ length: pixels * channels }, (_, i) => i),
    shape,
  );
  const { y } = (await session.run({ x })) as { y: OrtTensor };
  await session.release();
  const block = (y.data as Float32Array).indexOf(channels);
  return block === 8 || block === 16 ? block : 0;
}
