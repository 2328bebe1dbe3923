import { add, gather, matmul } from '../../compiler/ir/index.js';
import type { Tensor } from '../../compiler/ir/index.js';

/** How a weight lies in memory: `inOut` [in, out] (GPT-2's Conv1D), `outIn` [out, in] (torch's Linear). */
export type WeightLayout = 'inOut' | 'outIn';

/** x [N, in] times the weight, plus the bias [out] where there is one → [N, out]. */
export function linear(x: Tensor, weight: Tensor, layout: WeightLayout, bias?: Tensor): Tensor {
  const y = matmul(x, weight, { transposeB: layout === 'outIn' });
  return bias ? add(y, bias) : y;
}

/** Rows of `table` [rows, C] at `ids` (any shape) → [..., C]. */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  return gather(table, ids);
}
