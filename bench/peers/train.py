"""The decoders of `bench train` in PyTorch, driven over stdin and stdout by one JSON object per line.

{"open": {...}} loads weights and batches (safetensors) and builds model and optimizer;
{"run": {"first": n, "steps": k}} trains k steps from batch n on and answers {"seconds", "losses"}.
"""

import contextlib
import json
import math
import resource
import struct
import sys
import time

import torch
import torch.nn.functional as F


def read_safetensors(path):
    """The few lines of the format that are needed here: Debian's Python has no safetensors package."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    kinds = {"F32": torch.float32, "I32": torch.int32}
    tensors = {}
    for name, info in header.items():
        if name == "__metadata__":
            continue
        start, end = (8 + length + offset for offset in info["data_offsets"])
        flat = torch.frombuffer(data, dtype=kinds[info["dtype"]], count=(end - start) // 4, offset=start)
        tensors[name] = flat.reshape(info["shape"]).clone()
    return tensors


def attend(q, k, v):
    """Causal attention over [B, H, T, K]: the fused kernel where this version has it."""
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    size, length = q.shape[-1], q.shape[-2]
    scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(size))
    mask = torch.ones(length, length, dtype=torch.bool).triu(1)
    return F.softmax(scores.masked_fill(mask, float("-inf")), dim=-1) @ v


class Decoder:
    def __init__(self, config, weights):
        self.config = config
        # GPT-2's linear weights lie as [in, out]; torch's fastest layout is [out, in].
        self.flip = config["family"] == "gpt2"
        self.params = {}
        for name, tensor in weights.items():
            if self.flip and self.is_matrix(name):
                tensor = tensor.t().contiguous()
            self.params[name] = tensor.requires_grad_(True)
        if config["family"] == "llama":
            half = config["headSize"] // 2
            angles = torch.arange(config["contextLength"], dtype=torch.float64)[:, None] * torch.pow(
                torch.tensor(config["ropeTheta"], dtype=torch.float64), -torch.arange(half, dtype=torch.float64) / half
            )
            self.cos, self.sin = angles.cos().float(), angles.sin().float()

    @staticmethod
    def is_matrix(name):
        return name.endswith("weight") and any(part in name for part in ("attn.c_", "mlp.c_", "_proj"))

    def heads(self, x, batch, length, count):
        return x.view(batch, length, count, self.config["headSize"]).transpose(1, 2)

    def turn(self, x):
        half = x.shape[-1] // 2
        a, b = x[..., :half], x[..., half:]
        cos, sin = self.cos[: x.shape[-2]], self.sin[: x.shape[-2]]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)

    def loss(self, ids, targets):
        config, p = self.config, self.params
        batch, length = ids.shape
        width, heads, groups = config["hiddenSize"], config["numHeads"], config["numKvHeads"]
        if config["family"] == "gpt2":
            table = p["transformer.wte.weight"]
            norm = lambda x, name: F.layer_norm(x, (width,), p[name + ".weight"], p[name + ".bias"], config["normEpsilon"])
            linear = lambda x, name: F.linear(x, p[name + ".weight"], p[name + ".bias"])
            x = F.embedding(ids, table) + p["transformer.wpe.weight"][:length]
            for n in range(config["numLayers"]):
                layer = f"transformer.h.{n}"
                q, k, v = linear(norm(x, layer + ".ln_1"), layer + ".attn.c_attn").split(width, dim=2)
                q, k, v = (self.heads(t, batch, length, heads) for t in (q, k, v))
                out = attend(q, k, v).transpose(1, 2).reshape(batch, length, width)
                x = x + linear(out, layer + ".attn.c_proj")
                y = linear(norm(x, layer + ".ln_2"), layer + ".mlp.c_fc")
                x = x + linear(F.gelu(y, approximate="tanh"), layer + ".mlp.c_proj")
            x = norm(x, "transformer.ln_f")
        else:
            table = p["model.embed_tokens.weight"]

            def norm(x, name):
                weight = p[name + ".weight"]
                if hasattr(F, "rms_norm"):
                    return F.rms_norm(x, (width,), weight, config["normEpsilon"])
                return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + config["normEpsilon"]) * weight

            linear = lambda x, name: F.linear(x, p[name + ".weight"])
            x = F.embedding(ids, table)
            for n in range(config["numLayers"]):
                layer = f"model.layers.{n}"
                y = norm(x, layer + ".input_layernorm")
                q = self.turn(self.heads(linear(y, layer + ".self_attn.q_proj"), batch, length, heads))
                k = self.turn(self.heads(linear(y, layer + ".self_attn.k_proj"), batch, length, groups))
                v = self.heads(linear(y, layer + ".self_attn.v_proj"), batch, length, groups)
                if groups != heads:
                    k, v = (t.repeat_interleave(heads // groups, dim=1) for t in (k, v))
                out = attend(q, k, v).transpose(1, 2).reshape(batch, length, -1)
                x = x + linear(out, layer + ".self_attn.o_proj")
                y = norm(x, layer + ".post_attention_layernorm")
                gated = F.silu(linear(y, layer + ".mlp.gate_proj")) * linear(y, layer + ".mlp.up_proj")
                x = x + linear(gated, layer + ".mlp.down_proj")
            x = norm(x, "model.norm")
        logits = F.linear(x, p.get("lm_head.weight", table))
        return F.cross_entropy(logits.reshape(-1, config["vocabSize"]), targets.reshape(-1), reduction="sum")


class Trainer:
    def __init__(self, config, train, weights, batches, threads, micro):
        torch.set_num_threads(threads)
        self.model = Decoder(config, read_safetensors(weights))
        data = read_safetensors(batches)
        self.ids, self.targets = data["ids"].long(), data["targets"].long()
        self.train, self.micro = train, micro
        decay = [p for name, p in self.model.params.items() if Decoder.is_matrix(name)]
        plain = [p for name, p in self.model.params.items() if not Decoder.is_matrix(name)]
        groups = [{"params": decay, "weight_decay": train["weightDecay"]}, {"params": plain, "weight_decay": 0.0}]
        options = dict(lr=train["learningRates"][0], betas=(train["beta1"], train["beta2"]), eps=train["epsilon"])
        self.kernel = "fused"
        try:
            self.optimizer = torch.optim.AdamW(groups, fused=True, **options)
        except (TypeError, RuntimeError):
            self.kernel = "default"
            self.optimizer = torch.optim.AdamW(groups, **options)

    def step(self, index):
        ids, targets = self.ids[index % len(self.ids)], self.targets[index % len(self.ids)]
        rates = self.train["learningRates"]
        for group in self.optimizer.param_groups:
            group["lr"] = rates[min(index, len(rates) - 1)]
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for start in range(0, len(ids), self.micro):
            loss = self.model.loss(ids[start : start + self.micro], targets[start : start + self.micro]) / targets.numel()
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(list(self.model.params.values()), self.train["clipNorm"])
        self.optimizer.step()
        return total


trainer = None
for line in sys.stdin:
    request = json.loads(line)
    with contextlib.redirect_stdout(sys.stderr):
        if "open" in request:
            trainer = Trainer(**request["open"])
            answer = {"version": torch.__version__, "optimizer": trainer.kernel}
        else:
            run = request["run"]
            cpu, start = time.process_time(), time.perf_counter()
            losses = [trainer.step(run["first"] + i) for i in range(run["steps"])]
            answer = {
                "seconds": time.perf_counter() - start,
                "cpuSeconds": time.process_time() - cpu,
                "losses": losses,
                "peakMemoryMB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
            }
    print(json.dumps(answer), flush=True)
