# Small random decoders and their logits, computed by transformers: the judge of abovo's reader and forward pass.
# Made with transformers 5.23.0, torch 2.12.1: python generate.py (in this folder)
import json
import torch
import transformers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

models = {
    "gpt2": GPT2LMHeadModel(GPT2Config(
        vocab_size=61, n_positions=16, n_embd=16, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2)),
    "llama-grouped": LlamaForCausalLM(LlamaConfig(
        vocab_size=61, max_position_embeddings=16, hidden_size=16, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=False, rope_theta=5000.0)),
    "llama-tied": LlamaForCausalLM(LlamaConfig(
        vocab_size=61, max_position_embeddings=16, hidden_size=12, intermediate_size=20, num_hidden_layers=2,
        num_attention_heads=3, head_dim=6, tie_word_embeddings=True, rms_norm_eps=1e-5)),
}
for name, model in models.items():
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            norm = "ln_" in key or "norm" in key
            parameter.normal_(0, 0.3, generator=generator)
            if norm and key.endswith("weight"):
                parameter.add_(1)
    model.eval()
    model.save_pretrained(name)
    ids = torch.randint(0, 61, (2, 12), generator=generator)
    with torch.no_grad():
        logits = model(ids).logits
    with open(f"{name}/logits.json", "w") as file:
        json.dump({
            "peer": f"transformers {transformers.__version__}, torch {torch.__version__}",
            "ids": ids.tolist(),
            "logits": [[[round(value, 6) for value in row] for row in rows] for rows in logits.tolist()],
        }, file)
