# Loads the folders that abovo writes for the models here in transformers, unchanged, compares logits and greedy ids with
# what transformers gave for its own folders, and notes the checksums of the files so judged in written.json.
# Made with transformers 5.24.0, torch 2.15.0: npm run build && python check.py (in this folder)
import hashlib
import json
import os
import subprocess
import tempfile
import torch
import transformers
from transformers import AutoModelForSeq2SeqLM

here = os.path.dirname(os.path.abspath(__file__))
write = """
const { loadModel, saveModel } = await import(process.argv[1]);
const { config, params } = await loadModel(process.argv[2]);
await saveModel(process.argv[3], config, params);
"""
library = os.path.join(here, "../../../dist/model/architecture/index.node.js")
written = {}
for name in ("t5-1.0", "t5-1.1", "bart", "mbart"):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", "--input-type=module", "-e", write, library, os.path.join(here, name), folder], check=True)
        model, info = AutoModelForSeq2SeqLM.from_pretrained(folder, output_loading_info=True)
        problems = {key: sorted(value) for key, value in info.items() if value}
        assert not problems, (name, problems)
        with open(os.path.join(here, name, "expected.json")) as file:
            expected = json.load(file)
        source, mask, labels = (torch.tensor(expected[key]) for key in ("source", "mask", "labels"))
        start, pad = model.config.decoder_start_token_id, model.config.pad_token_id
        targets = torch.cat((torch.full_like(labels[:, :1], start), labels[:, :-1]), 1)
        targets[targets == -100] = pad
        model.eval()
        with torch.no_grad():
            logits = model(input_ids=source, attention_mask=mask, decoder_input_ids=targets).logits
        difference = (logits - torch.tensor(expected["logits"])).abs().max().item()
        assert difference < 2e-6, (name, difference)
        ids = model.generate(
            input_ids=source, attention_mask=mask, max_new_tokens=14, eos_token_id=expected["end"], do_sample=False,
            forced_eos_token_id=None)
        for row, (answer,) in zip(ids.tolist(), expected["generated"][0]["ids"]):
            assert row[0] == start and row[1:1 + len(answer)] == answer, (name, row, answer)
        written[name] = {
            file: hashlib.sha256(open(os.path.join(folder, file), "rb").read()).hexdigest()
            for file in sorted(os.listdir(folder))}
        print(name, "largest difference of logits", difference)
with open(os.path.join(here, "written.json"), "w") as file:
    json.dump({"peer": f"transformers {transformers.__version__}, torch {torch.__version__}", "files": written}, file, indent=1)
    file.write("\n")
