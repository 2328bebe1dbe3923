# Small random encoders with their hidden states and logits, computed by transformers: the judge of abovo's reader and
# forward pass. The second row of each batch is padded; gradients are norms per tensor of a masked-LM or classification loss.
# Made with transformers 5.24.0, torch 2.15.0: python generate.py (in this folder)
import json
import os

import torch
import transformers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
    ModernBertConfig,
    ModernBertForMaskedLM,
    ModernBertForSequenceClassification,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForSequenceClassification,
)

small = dict(vocab_size=53, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4)
bert = dict(small, max_position_embeddings=16, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
roberta = dict(bert, max_position_embeddings=18, pad_token_id=1, bos_token_id=0, eos_token_id=2, type_vocab_size=1)
modern = dict(small, num_hidden_layers=4, max_position_embeddings=16, global_attn_every_n_layers=3, local_attention=6,
              pad_token_id=0, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2, attn_implementation="eager")
labels = dict(num_labels=3)
models = {
    "bert": BertModel(BertConfig(**bert)),
    "bert-mlm": BertForMaskedLM(BertConfig(**bert)),
    "bert-classify": BertForSequenceClassification(BertConfig(**bert, **labels)),
    "bert-tag": BertForTokenClassification(BertConfig(**bert, **labels, hidden_act="relu")),
    "roberta-mlm": RobertaForMaskedLM(RobertaConfig(**roberta)),
    "roberta-classify": RobertaForSequenceClassification(RobertaConfig(**roberta, **labels)),
    "modernbert-mlm": ModernBertForMaskedLM(ModernBertConfig(**modern)),
    "modernbert-classify": ModernBertForSequenceClassification(
        ModernBertConfig(**modern, **labels, classifier_pooling="mean")),
}


def rounded(tensor):
    return [round(value, 6) for value in tensor.flatten().tolist()]


for name, model in models.items():
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            parameter.normal_(0, 0.3, generator=generator)
            if "norm" in key.lower() and key.endswith("weight"):
                parameter.add_(1)
    model.eval()
    model.save_pretrained(name)
    ids = torch.randint(3, 53, (2, 12), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, 8:] = 0
    ids[1, 8:] = model.config.pad_token_id
    types = (torch.arange(12) >= 5).long().expand(2, 12)
    inputs = dict(input_ids=ids, attention_mask=mask)
    if name.startswith("bert"):
        inputs["token_type_ids"] = types
    out = model(**inputs, output_hidden_states=True)
    record = {
        "peer": f"transformers {transformers.__version__}, torch {torch.__version__}",
        "ids": ids.tolist(),
        "mask": mask.tolist(),
        "types": types.tolist(),
        "hidden": [rounded(state) for state in out.hidden_states],
    }
    if hasattr(out, "logits"):
        record["logits"] = rounded(out.logits)
        if out.logits.dim() == 2:
            targets = torch.tensor([1, 2])
            loss = torch.nn.functional.cross_entropy(out.logits, targets, reduction="sum")
        else:
            targets = ids % out.logits.shape[-1]
            targets = torch.where((mask == 1) & (ids % 3 == 0), targets, -100)
            loss = torch.nn.functional.cross_entropy(
                out.logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="sum")
        record["targets"] = targets.flatten().tolist()
        record["loss"] = round(loss.item(), 6)
        model.zero_grad()
        loss.backward()
        record["gradientNorms"] = {
            key: round(p.grad.norm().item(), 6) for key, p in model.named_parameters() if p.grad is not None}
    else:
        record["pooled"] = rounded(out.pooler_output)
    with open(f"{name}/expected.json", "w") as file:
        json.dump(record, file)
    for extra in ("generation_config.json",):
        if os.path.exists(f"{name}/{extra}"):
            os.remove(f"{name}/{extra}")
