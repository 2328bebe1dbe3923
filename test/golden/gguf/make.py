"""Fixtures of the gguf package: packed blocks with their numbers, and a small file.

    pip install gguf==0.19.0 numpy
    python test/golden/gguf/make.py

Packed bytes are random, with finite scales, because the package only reads the K types. blocks.json holds base64 of
little-endian bytes. peer.gguf holds every kind of metadata and a tensor of each type.
"""

import base64
import importlib.metadata
import json
import os

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(20)
# Where each type keeps its f16 numbers, in bytes from the start of a block (Q8_K: one f32).
halves = {
    T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0], T.Q2_K: [80, 82], T.Q3_K: [108],
    T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208], T.Q8_K: [],
}  # fmt: skip


def packed(kind, count):
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (count, size), dtype=np.uint8)
    for at in halves[kind]:
        scale = (rng.standard_normal(count) * 0.02).astype(np.float16)
        blocks[:, at : at + 2] = scale.view(np.uint8).reshape(count, 2)
    if kind == T.Q8_K:
        scale = (rng.standard_normal(count) * 0.02).astype(np.float32)
        blocks[:, 0:4] = scale.view(np.uint8).reshape(count, 4)
    return elements, blocks


def numbers(kind, elements, blocks):
    if kind == T.Q8_K:  # The package does not read this one: an f32 scale times signed bytes.
        scale = blocks[:, 0:4].copy().view(np.float32)
        return (blocks[:, 4:260].view(np.int8).astype(np.float32) * scale).reshape(-1)
    return gguf.quants.dequantize(blocks, kind).reshape(-1).astype(np.float32)


def b64(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def main():
    peer = {"package": "gguf", "version": importlib.metadata.version("gguf"), "numpy": np.__version__}
    unpack = {}
    for kind in halves:
        elements, blocks = packed(kind, 2 if gguf.GGML_QUANT_SIZES[kind][0] == 256 else 6)
        unpack[kind.name.lower()] = {"packed": b64(blocks), "values": b64(numbers(kind, elements, blocks))}
    values = rng.standard_normal((12, 32)).astype(np.float32)
    values[1] = 0  # no scale
    values[2] = np.arange(32) - 16  # ties between steps
    values[3] *= 1e-6  # a scale below the smallest f16
    values[4] *= 1e4
    values[5] = np.abs(values[5])
    values[6, 3] = -values[6, 9]
    pack = {"values": b64(values)}
    for kind in (T.Q4_0, T.Q8_0):
        pack[kind.name.lower()] = b64(gguf.quants.quantize(values, kind))
    with open(os.path.join(here, "blocks.json"), "w") as file:
        json.dump({"peer": peer, "unpack": unpack, "pack": pack}, file, indent=1)
        file.write("\n")

    writer = gguf.GGUFWriter(os.path.join(here, "peer.gguf"), "llama")
    writer.add_uint8("test.uint8", 200)
    writer.add_int8("test.int8", -100)
    writer.add_uint16("test.uint16", 60000)
    writer.add_int16("test.int16", -30000)
    writer.add_uint32("test.uint32", 4000000000)
    writer.add_int32("test.int32", -2000000000)
    writer.add_float32("test.float32", 0.5)
    writer.add_uint64("test.uint64", 1 << 60)
    writer.add_int64("test.int64", -5)
    writer.add_float64("test.float64", 0.1)
    writer.add_bool("test.bool", True)
    writer.add_string("test.string", "œuf 🥚")
    writer.add_array("test.strings", ["a", "", "ß"])
    writer.add_array("test.ints", [1, -2, 3])
    writer.add_array("test.floats", [0.5, 0.25])
    writer.add_array("test.bools", [True, False])
    writer.add_array("test.nested", [[1, 2], [3]])
    expected = {}
    for name, dtype in (("f32", np.float32), ("f16", np.float16)):
        array = rng.standard_normal((3, 4)).astype(dtype)
        writer.add_tensor(f"{name}.weight", array)
        expected[f"{name}.weight"] = {"shape": [3, 4], "values": b64(array.astype(np.float32))}
    full = rng.standard_normal((2, 32)).astype(np.float32)
    for kind in (T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0):
        data = gguf.quants.quantize(full, kind)
        writer.add_tensor(f"{kind.name.lower()}.weight", data, raw_dtype=kind)
        expected[f"{kind.name.lower()}.weight"] = {
            "shape": [2, 32],
            "values": b64(gguf.quants.dequantize(data, kind).astype(np.float32)),
        }
    elements, blocks = packed(T.Q6_K, 2)
    writer.add_tensor("q6_k.weight", blocks, raw_dtype=T.Q6_K)
    expected["q6_k.weight"] = {"shape": [2, 256], "values": b64(numbers(T.Q6_K, elements, blocks))}
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with open(os.path.join(here, "peer.json"), "w") as file:
        json.dump({"peer": peer, "tensors": expected}, file, indent=1)
        file.write("\n")


main()
