import { blockedAttentionGrad } from '../ir/index.js';
import { only, refused } from './rule.js';
import type { VjpRules } from './rule.js';

export const blockedVjps: VjpRules<'blockedAttention' | 'blockedAttentionGrad'> = {
  blockedAttention({ attributes, inputs: [q, k, v, segments], outputs: [out], gradients }) {
    const { dq, dk, dv } = blockedAttentionGrad({ q, k, v, out, dOut: only(gradients) }, { ...attributes, segments });
    return [dq, dk, dv];
  },
  blockedAttentionGrad: refused('it is a gradient itself, and second derivatives are not provided'),
};
