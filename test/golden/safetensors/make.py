"""Made by safetensors 0.8.0 with torch 2.12.1: python make.py writes peer.safetensors and peer.json beside itself."""

import json
import os

import torch
from safetensors.torch import save

tensors = {
    "f64": torch.arange(3, dtype=torch.float64) / 7,
    "f32": (torch.arange(6, dtype=torch.float32) / 7 - 0.4).reshape(2, 3),
    "f16": (torch.arange(8, dtype=torch.float32) * 1000 / 7 - 0.1).to(torch.float16).reshape(2, 2, 2),
    "bf16": (torch.arange(5, dtype=torch.float32) * -1e20 / 7).to(torch.bfloat16),
    "i64": torch.tensor([-(2**62), 0, 2**53 + 1], dtype=torch.int64),
    "i32": torch.tensor([[-(2**31)], [2**31 - 1]], dtype=torch.int32),
    "i8": torch.tensor([-128, 127], dtype=torch.int8),
    "u8": torch.tensor([0, 255, 7], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "scalar": torch.tensor(1.5),
    "empty": torch.zeros(0, 4),
    'naïve "name"': torch.tensor([2.5]),
}
folder = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(folder, "peer.safetensors"), "wb") as file:
    file.write(save(tensors, {"format": "pt"}))
values = {
    name: {
        "shape": list(tensor.shape),
        # 64-bit integers as text, because JSON numbers are doubles.
        "values": [str(v) if tensor.dtype == torch.int64 else float(v) for v in tensor.flatten().tolist()],
    }
    for name, tensor in tensors.items()
}
with open(os.path.join(folder, "peer.json"), "w") as file:
    json.dump(values, file, indent=1)
