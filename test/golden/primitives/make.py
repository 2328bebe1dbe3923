"""Made by torch 2.12.1: python make.py writes peer.json beside itself (doubles, forward and gradients of sum(y * w))."""

import json
import math
import os

import torch
import torch.nn.functional as F

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
cases = {}


def case(name, inputs, fn):
    """inputs: name -> tensor; gradients are taken of the floating-point ones."""
    given = {k: v.detach().clone().requires_grad_(v.is_floating_point()) for k, v in inputs.items()}
    outputs = fn(**given)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    weights = [torch.randn_like(y) for y in outputs]
    if any(y.requires_grad for y in outputs):
        sum((y * w).sum() for y, w in zip(outputs, weights)).backward()
    flat = lambda t: {"shape": list(t.shape), "data": [float(v) for v in t.detach().flatten()]}
    cases[name] = {
        "inputs": {k: {**flat(v), "dtype": "f32" if v.is_floating_point() else "i32"} for k, v in inputs.items()},
        "outputs": [flat(y) for y in outputs],
        "weights": [flat(w) for w in weights],
        "gradients": {k: flat(v.grad) for k, v in given.items() if v.grad is not None},
    }


r = lambda *shape: torch.randn(*shape)
case("gelu", {"x": r(3, 4) * 2}, lambda x: F.gelu(x))
case("geluTanh", {"x": r(3, 4) * 2}, lambda x: F.gelu(x, approximate="tanh"))
case("silu", {"x": r(3, 4) * 2}, lambda x: F.silu(x))
case("erf", {"x": r(8) * 2}, lambda x: torch.erf(x))
case("softmax", {"x": r(2, 3, 5)}, lambda x: F.softmax(x, -1))
case("logSoftmax", {"x": r(2, 3, 5)}, lambda x: F.log_softmax(x, -1))
case("layerNorm", {"x": r(2, 3, 8), "scale": r(8), "bias": r(8)}, lambda x, scale, bias: F.layer_norm(x, (8,), scale, bias, 1e-5))
case("rmsNorm", {"x": r(2, 3, 8), "scale": r(8)}, lambda x, scale: F.rms_norm(x, (8,), scale, 1e-5))
case(
    "crossEntropy",
    {"logits": r(6, 5) * 3, "targets": torch.tensor([0, 4, -100, 2, 2, -100])},
    lambda logits, targets: (F.cross_entropy(logits, targets, reduction="none"), torch.logsumexp(logits, -1)),
)
case("matmul", {"a": r(2, 1, 4, 3), "b": r(5, 4, 6)}, lambda a, b: 0.5 * (a.transpose(-1, -2) @ b))


def attention(q, k, v, segments=None, causal=True):
    length = q.shape[2]
    mask = torch.ones(length, length).tril().bool() if causal else torch.ones(length, length).bool()
    if segments is not None:
        mask = mask & (segments[:, None, :, None] == segments[:, None, None, :])
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=1 / math.sqrt(q.shape[-1]), enable_gqa=True)


heads = {"q": r(2, 4, 5, 6), "k": r(2, 2, 5, 6), "v": r(2, 2, 5, 6)}
case("attention", heads, attention)
case("attentionOfSegments", {**heads, "segments": torch.tensor([[1, 1, 2, 2, 2], [1, 2, 2, 3, 0]])}, attention)
case("attentionBothWays", heads, lambda q, k, v: attention(q, k, v, causal=False))


def rotate(x, cosine, sine):
    """Hugging Face's apply_rotary_pos_emb, from transformers.models.llama."""
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    cosine, sine = (torch.cat((t, t), -1) for t in (cosine, sine))
    return apply_rotary_pos_emb(x, x, cosine, sine)[0]


angles = r(2, 5, 3)
case("rope", {"x": r(2, 2, 5, 6), "cosine": angles.cos(), "sine": angles.sin()}, rotate)


def rotate_pairs(x, cosine, sine):
    """Neighbours as complex numbers, as in the original Llama code."""
    turned = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2)) * torch.complex(cosine, sine)[:, None]
    return torch.view_as_real(turned).flatten(-2)


case("ropePairs", {"x": r(2, 2, 5, 6), "cosine": angles.cos(), "sine": angles.sin()}, rotate_pairs)
case("embedding", {"table": r(7, 3), "ids": torch.tensor([[0, 6, 6], [2, 0, 3]])}, lambda table, ids: F.embedding(ids, table))
case("cumSum", {"x": r(2, 4, 3)}, lambda x: x.cumsum(1))
case("reduceMax", {"x": r(2, 4, 3)}, lambda x: x.amax((0, 2)))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.json"), "w") as file:
    json.dump(cases, file)
