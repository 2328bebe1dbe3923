# Small random decoders and their logits, computed by transformers: the judge of abovo's reader and forward pass.
# Made with transformers 5.23.0, torch 2.12.1 (the first three) and transformers 5.24.0, torch 2.15.0 (the relatives of
# Llama): python generate.py [name ...] (in this folder)
import json
import sys

import torch
import transformers
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GemmaConfig,
    GemmaForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

small = dict(
    vocab_size=61, max_position_embeddings=32, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2)


def scaled(**rope):
    return LlamaForCausalLM(LlamaConfig(**small, rope_parameters=dict(rope_theta=10000.0, **rope)))


models = {
    "gpt2": GPT2LMHeadModel(GPT2Config(
        vocab_size=61, n_positions=16, n_embd=16, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2)),
    "llama-grouped": LlamaForCausalLM(LlamaConfig(
        vocab_size=61, max_position_embeddings=16, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=False, rope_theta=5000.0)),
    "llama-tied": LlamaForCausalLM(LlamaConfig(
        vocab_size=61, max_position_embeddings=16, hidden_size=12, intermediate_size=20, num_hidden_layers=2,
        num_attention_heads=3, head_dim=6, tie_word_embeddings=True, rms_norm_eps=1e-5)),
    "mistral": MistralForCausalLM(MistralConfig(**small, sliding_window=5, head_dim=8, attn_implementation="eager")),
    "qwen2": Qwen2ForCausalLM(Qwen2Config(
        **small, use_sliding_window=True, sliding_window=4, max_window_layers=1, attn_implementation="eager")),
    "qwen3": Qwen3ForCausalLM(Qwen3Config(**small, head_dim=8)),
    "gemma": GemmaForCausalLM(GemmaConfig(**dict(small, tie_word_embeddings=True), head_dim=8)),
    "gemma2": Gemma2ForCausalLM(Gemma2Config(
        **dict(small, tie_word_embeddings=True), pad_token_id=None, head_dim=8, query_pre_attn_scalar=20, sliding_window=4,
        attn_logit_softcapping=1.5, final_logit_softcapping=3.0, attn_implementation="eager")),
    "gemma3": Gemma3ForCausalLM(Gemma3TextConfig(
        **dict(small, tie_word_embeddings=True), pad_token_id=None, head_dim=8, query_pre_attn_scalar=8, sliding_window=5,
        layer_types=["sliding_attention", "full_attention"], attn_implementation="eager",
        rope_parameters=dict(
            full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1e6),
            sliding_attention=dict(rope_type="default", rope_theta=1e4)))),
    "bloom": BloomForCausalLM(BloomConfig(
        vocab_size=61, hidden_size=24, n_layer=2, n_head=6, bos_token_id=1, eos_token_id=2)),
    "llama-biased": LlamaForCausalLM(LlamaConfig(**small, attention_bias=True, mlp_bias=True)),
    "llama-linear": scaled(rope_type="linear", factor=4.0),
    "llama-dynamic": scaled(rope_type="dynamic", factor=2.0),
    # Beyond the context: abovo's configuration then names the length of the text.
    "llama-dynamic-long": scaled(rope_type="dynamic", factor=2.0),
    "llama-yarn-mscale": scaled(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=8, mscale=0.7, mscale_all_dim=0.3, truncate=False),
    "llama-yarn": scaled(rope_type="yarn", factor=4.0, original_max_position_embeddings=8),
    "llama-llama3": scaled(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8),
}
chosen = sys.argv[1:]
for name, model in models.items():
    if chosen and name not in chosen:
        continue
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            norm = "ln_" in key or "norm" in key
            parameter.normal_(0, 0.3, generator=generator)
            if norm and key.endswith("weight") and not name.startswith("gemma"):
                parameter.add_(1)
    model.eval()
    model.save_pretrained(name)
    ids = torch.randint(0, 61, (2, 44 if name.endswith("long") else 12), generator=generator)
    logits = model(ids).logits
    model.zero_grad()
    loss = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten(), reduction="sum")
    loss.backward()
    norms = {key: round(p.grad.norm().item(), 5) for key, p in model.named_parameters()}
    with open(f"{name}/logits.json", "w") as file:
        json.dump({
            "peer": f"transformers {transformers.__version__}, torch {torch.__version__}",
            "ids": ids.tolist(),
            **({} if name in ("gpt2", "llama-grouped", "llama-tied") else {"gradientNorms": norms}),
            "logits": [[[round(value, 6) for value in row] for row in rows] for rows in logits.tolist()],
        }, file)

# Fixed positions: ALiBi's slopes (the bias of the key at place 1) and sinusoids.
if not chosen or "positions" in chosen:
    from transformers.models.bloom.modeling_bloom import build_alibi_tensor
    from transformers.models.distilbert.modeling_distilbert import create_sinusoidal_embeddings

    table = torch.empty(9, 6)
    create_sinusoidal_embeddings(9, 6, table)
    slopes = {heads: build_alibi_tensor(torch.ones(1, 2), heads, torch.float32)[:, 0, 1].tolist() for heads in (1, 2, 3, 4, 6, 8, 12, 20)}
    with open("positions.json", "w") as file:
        json.dump({
            "peer": f"transformers {transformers.__version__}, torch {torch.__version__}",
            "slopes": slopes,
            "sinusoids": table.tolist(),
        }, file)
