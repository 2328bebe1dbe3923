# What transformers writes where a rule forbids every token: only 0, 1 and 2 are allowed, each once. Greedy search then takes the
# first of equally impossible tokens, 0, again and again; beams end. The model is gpt2 of hf-decoders.
# Made with transformers 5.24.0, torch 2.15.0: python generate.py (in this folder)
import json
import os

import torch
from transformers import AutoModelForCausalLM

here = os.path.dirname(os.path.abspath(__file__))
model = AutoModelForCausalLM.from_pretrained(os.path.join(here, "../hf-decoders/gpt2"), attn_implementation="eager").eval()
vocab = model.config.vocab_size
rows = []
for prompt in ([0], [0, 1], [1, 2, 0]):
    for beams in (1, 2):
        made = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), max_new_tokens=5,
                              do_sample=False, num_beams=beams, no_repeat_ngram_size=1, suppress_tokens=list(range(3, vocab)),
                              eos_token_id=vocab - 1, pad_token_id=vocab - 1)
        rows.append(dict(prompt=prompt, beams=beams, ids=made[0, len(prompt):].tolist()))
with open(os.path.join(here, "expected.json"), "w") as file:
    json.dump(dict(vocabSize=vocab, rows=rows), file)
    file.write("\n")
