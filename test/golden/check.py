# Loads the folders that abovo writes for the models of hf-decoders and hf-encoders in transformers, unchanged, compares
# outputs with what transformers gave for its own folders, and notes the checksums of the files so judged in written.json.
# Made with transformers 5.24.0, torch 2.15.0: npm run build && python check.py (in this folder)
import hashlib
import json
import os
import subprocess
import tempfile
import torch
import transformers

here = os.path.dirname(os.path.abspath(__file__))
write = """
const { loadModel, saveModel } = await import(process.argv[1]);
const { config, params } = await loadModel(process.argv[2]);
await saveModel(process.argv[3], config, params);
"""
library = os.path.join(here, "../../dist/model/architecture/index.node.js")
for group, record in (("hf-decoders", "logits.json"), ("hf-encoders", "expected.json")):
    written = {}
    for name in sorted(os.listdir(os.path.join(here, group))):
        source = os.path.join(here, group, name)
        if not os.path.exists(os.path.join(source, record)):
            continue
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["node", "--input-type=module", "-e", write, library, source, folder], check=True)
            with open(os.path.join(folder, "config.json")) as file:
                architecture = json.load(file)["architectures"][0]
            model, info = getattr(transformers, architecture).from_pretrained(folder, output_loading_info=True)
            problems = {key: sorted(value) for key, value in info.items() if value}
            assert not problems, (name, problems)
            with open(os.path.join(source, record)) as file:
                expected = json.load(file)
            ids = torch.tensor(expected["ids"])
            inputs = dict(input_ids=ids if ids.dim() == 2 else ids[None])
            if "mask" in expected:
                inputs["attention_mask"] = torch.tensor(expected["mask"])
            if name.startswith("bert"):
                inputs["token_type_ids"] = torch.tensor(expected["types"])
            model.eval()
            with torch.no_grad():
                out = model(**inputs)
            got = out.logits if "logits" in expected else out.last_hidden_state
            wanted = torch.tensor(expected["logits"] if "logits" in expected else expected["hidden"][-1])
            wanted = wanted.reshape(got.shape)
            if got.dim() == 3 and "attention_mask" in inputs:  # what stands at padding depends on the kernel
                got, wanted = (tensor[inputs["attention_mask"] == 1] for tensor in (got, wanted))
            difference = (got - wanted).abs().max().item()
            assert difference < 1e-5, (name, difference)
            written[name] = {
                file: hashlib.sha256(open(os.path.join(folder, file), "rb").read()).hexdigest()
                for file in sorted(os.listdir(folder))}
            print(group, name, architecture, "largest difference", difference)
    with open(os.path.join(here, group, "written.json"), "w") as file:
        json.dump({"peer": f"transformers {transformers.__version__}, torch {torch.__version__}", "files": written}, file, indent=1)
        file.write("\n")
