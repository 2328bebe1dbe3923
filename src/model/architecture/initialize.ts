import { Random } from '../../base/core/index.js';
import { hostTensor, numElements } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { parameterSpecs } from './families.js';
import type { ModelConfig } from './model.js';
import type { Params } from './specs.js';

/** Fills with normal numbers of mean 0, two from each pair of draws (Box and Muller). */
function fillNormal(data: Float32Array, random: Random, std: number): void {
  for (let i = 0; i < data.length; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log((random.bits() + 0.5) / 4294967296));
    const angle = ((2 * Math.PI) / 4294967296) * random.bits();
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
}

/** Fresh weights (f32). Each tensor depends on the seed and its own name alone, not on what else the model has. */
export function initialize(config: ModelConfig, seed: number | string): Params<HostTensor> {
  const root = new Random(seed);
  const params: Record<string, HostTensor> = {};
  for (const [name, spec] of Object.entries(parameterSpecs(config))) {
    const data = new Float32Array(numElements(spec.shape));
    if ('normal' in spec.init) fillNormal(data, root.fork(name), spec.init.normal);
    else if (spec.init.value !== 0) data.fill(spec.init.value);
    params[name] = hostTensor('f32', spec.shape, data);
  }
  return params;
}
