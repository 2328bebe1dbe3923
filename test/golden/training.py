"""Writes training.json: losses of tiny models trained by PyTorch, with the weights and batches they saw.

    python test/golden/training.py test/golden/training.json      (torch 2.12.1, transformers 5.x)

Runs of 20 steps: GPT-2 and Llama with AdamW (decay on matrices only), Llama with torch.optim.Muon for matrices at
both sizes of its update.
Muon's Newton-Schulz iteration is kept in float32 here, because bfloat16 would hide differences below 1e-2.
"""

import base64
import json
import math
import sys

import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

STEPS, BATCH, LENGTH, VOCAB = 20, 4, 12, 40
torch.Tensor.bfloat16 = lambda self: self  # see above
torch.set_num_threads(1)


def factor(step):
    if step < 4:
        return (step + 1) / 4
    progress = (step - 4) / (STEPS - 4)
    return 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * progress))


def batches():
    generator = torch.Generator().manual_seed(7)
    result = []
    for _ in range(STEPS):
        # A learnable rule (next = 3·x + 1 mod V, with noise), so that the loss falls.
        rows = torch.zeros(BATCH, LENGTH + 1, dtype=torch.long)
        rows[:, 0] = torch.randint(0, VOCAB, (BATCH,), generator=generator)
        for t in range(LENGTH):
            noise = torch.rand(BATCH, generator=generator) < 0.1
            rows[:, t + 1] = torch.where(
                noise, torch.randint(0, VOCAB, (BATCH,), generator=generator), (3 * rows[:, t] + 1) % VOCAB
            )
        targets = rows[:, 1:].clone()
        targets[torch.rand(BATCH, LENGTH, generator=generator) < 0.15] = -100
        result.append((rows[:, :-1].contiguous(), targets))
    return result


def run(model, optimizer_name):
    initial = {
        name: base64.b64encode(p.detach().float().contiguous().numpy().tobytes()).decode()
        for name, p in model.named_parameters()
    }
    matrices = [
        p for n, p in model.named_parameters() if p.ndim == 2 and "wte" not in n and "wpe" not in n
        and "embed" not in n and "lm_head" not in n
    ]
    ids = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in ids]
    adamw = dict(lr=0.01, betas=(0.9, 0.95), eps=1e-8)
    if optimizer_name == "adamw":
        optimizers = [
            torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}], **adamw)
        ]
    else:
        adjust = "original" if optimizer_name == "muon" else "match_rms_adamw"
        optimizers = [
            torch.optim.Muon(matrices, lr=0.02, weight_decay=0.1, momentum=0.95, adjust_lr_fn=adjust),
            torch.optim.AdamW(rest, weight_decay=0.0, **adamw),
        ]
    peaks = [[group["lr"] for group in o.param_groups] for o in optimizers]
    losses, norms = [], []
    for step, (x, y) in enumerate(batches()):
        for o, rates in zip(optimizers, peaks):
            for group, rate in zip(o.param_groups, rates):
                group["lr"] = rate * factor(step)
        logits = model(input_ids=x).logits
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, VOCAB), y.reshape(-1), ignore_index=-100)
        model.zero_grad()
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)))
        losses.append(float(loss))
        for o in optimizers:
            o.step()
    return {"parameters": initial, "losses": losses, "gradNorms": norms}


torch.manual_seed(3)
gpt2 = GPT2LMHeadModel(
    GPT2Config(
        vocab_size=VOCAB, n_positions=LENGTH, n_embd=16, n_layer=2, n_head=2, n_inner=32,
        resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, initializer_range=0.1,
    )
)
llama_config = LlamaConfig(
    vocab_size=VOCAB, max_position_embeddings=LENGTH, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=False, rms_norm_eps=1e-5, initializer_range=0.1,
)
runs = {"gpt2-adamw": run(gpt2, "adamw")}
torch.manual_seed(4)
runs["llama-adamw"] = run(LlamaForCausalLM(llama_config), "adamw")
torch.manual_seed(4)
runs["llama-muon"] = run(LlamaForCausalLM(llama_config), "muon")
torch.manual_seed(4)
runs["llama-muon-match"] = run(LlamaForCausalLM(llama_config), "muon-match")
for name in ("llama-muon", "llama-muon-match"):
    assert runs[name].pop("parameters") == runs["llama-adamw"]["parameters"]
with open(sys.argv[1], "w") as file:
    json.dump(
        {
            "peer": f"torch {torch.__version__}, transformers {transformers.__version__}",
            "command": "python test/golden/training.py test/golden/training.json",
            "batches": [{"ids": x.flatten().tolist(), "targets": y.flatten().tolist()} for x, y in batches()],
            "runs": runs,
        },
        file,
    )
    file.write("\n")
for name, r in runs.items():
    print(name, r["losses"][0], r["losses"][-1], r["gradNorms"][0])
