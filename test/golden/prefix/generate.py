# Logits, loss and norms of gradients of decoders that read a prefix both ways: transformers under a mask of its own making. The
# models are those of hf-decoders (one with a window); the first row is one text, the second two texts, each with its prefix.
# Made with transformers 5.24.0, torch 2.15.0: python generate.py (in this folder)
import json
import os

import torch
from transformers import AutoModelForCausalLM

here = os.path.dirname(os.path.abspath(__file__))
rows, length = 2, 10
ids = torch.randint(3, 50, (rows, length), generator=torch.Generator().manual_seed(4))
segments = torch.tensor([[1] * 10, [1] * 4 + [2] * 6])
prefix = torch.tensor([[1] * 4 + [0] * 6, [1, 0, 0, 0, 1, 1, 1, 0, 0, 0]])
positions = torch.tensor([list(range(10)), [0, 1, 2, 3, 0, 1, 2, 3, 4, 5]])
targets = torch.full((rows, length), -100)
for b in range(rows):
    for t in range(length - 1):
        if segments[b, t] == segments[b, t + 1] and prefix[b, t + 1] == 0:
            targets[b, t] = ids[b, t + 1]
place = torch.arange(length)
made = {}
for name in ("gpt2", "llama-grouped", "mistral"):
    model = AutoModelForCausalLM.from_pretrained(os.path.join(here, "../hf-decoders", name), attn_implementation="eager").eval()
    window = getattr(model.config, "sliding_window", None)
    seen = (place[None, :] <= place[:, None])[None] | (prefix[:, None, :] == 1)
    seen = seen & (segments[:, :, None] == segments[:, None, :])
    if window:
        seen = seen & ((place[:, None] - place[None, :]).abs() < window)[None]
    mask = torch.where(seen, 0.0, torch.finfo(torch.float32).min)[:, None]

    logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="sum")
    loss.backward()
    made[name] = dict(window=window, loss=loss.item(), logits=[round(v, 6) for v in logits.flatten().tolist()],
                      gradients={k: p.grad.norm().item() for k, p in model.named_parameters() if p.grad is not None})
with open(os.path.join(here, "expected.json"), "w") as file:
    json.dump(dict(ids=ids.tolist(), segments=segments.tolist(), prefix=prefix.tolist(), positions=positions.tolist(),
                   targets=targets.tolist(), models=made), file)
    file.write("\n")
