# Loads the folders that abovo writes for the models here in transformers, unchanged, compares logits and greedy ids with
# those of the folders that transformers wrote, and notes the checksums of the files so judged in written.json.
# Made with transformers 5.24.0, torch 2.15.0: npm run build && python check.py (in this folder)
import hashlib
import json
import os
import subprocess
import tempfile
import torch
import transformers
from transformers import AutoModelForCausalLM

here = os.path.dirname(os.path.abspath(__file__))
write = """
const { loadModel, saveModel } = await import(process.argv[1]);
const { config, params } = await loadModel(process.argv[2]);
await saveModel(process.argv[3], config, params);
"""
library = os.path.join(here, "../../../dist/model/architecture/index.node.js")
written = {}
for name in sorted(entry for entry in os.listdir(here) if os.path.isdir(os.path.join(here, entry))):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", "--input-type=module", "-e", write, library, os.path.join(here, name), folder], check=True)
        model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
        problems = {key: sorted(value) for key, value in info.items() if value}
        assert not problems, (name, problems)
        with open(os.path.join(here, name, "logits.json")) as file:
            expected = json.load(file)
        ids = torch.tensor(expected["ids"])
        with torch.no_grad():
            logits = model.eval()(ids).logits
        difference = (logits - torch.tensor(expected["logits"])).abs().max().item()
        assert difference < 1e-5, (name, difference)
        own = AutoModelForCausalLM.from_pretrained(os.path.join(here, name), attn_implementation="eager").eval()
        options = dict(max_new_tokens=8, do_sample=False, eos_token_id=None, pad_token_id=0)
        prompt = dict(input_ids=ids[:, :6], attention_mask=torch.ones_like(ids[:, :6]))
        assert torch.equal(model.generate(**prompt, **options), own.generate(**prompt, **options)), name
        written[name] = {
            file: hashlib.sha256(open(os.path.join(folder, file), "rb").read()).hexdigest()
            for file in sorted(os.listdir(folder))}
        print(name, type(model).__name__, "largest difference of logits", difference)
with open(os.path.join(here, "written.json"), "w") as file:
    json.dump({"peer": f"transformers {transformers.__version__}, torch {torch.__version__}", "files": written}, file, indent=1)
    file.write("\n")
