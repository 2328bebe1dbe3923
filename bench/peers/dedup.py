# Documents per second of datatrove's MinHash signatures: the same steps that `MinhashDedupSignature.run` takes for each document.
# usage: python dedup.py documents.jsonl seconds
import json
import os
import sys
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature  # noqa: E402
from importlib.metadata import version  # noqa: E402
import tempfile  # noqa: E402

documents = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf8")]
most = float(sys.argv[2])
with tempfile.TemporaryDirectory() as folder:
    step = MinhashDedupSignature(folder, MinhashConfig())  # 5 words, 14 x 8, 64-bit xxhash, English words
    try:
        step.get_signature(step.get_shingles(documents[0]))  # loads the tokenizer
    except TypeError:  # xxhash 4 takes bytes only, which datatrove 0.10.1 does not know
        import xxhash

        step._hash_func = lambda text: xxhash.xxh64_intdigest(text.encode("utf8"))
        step.get_signature(step.get_shingles(documents[0]))
    start = time.process_time()
    count = 0
    size = 0
    while time.process_time() - start < most:
        text = documents[count % len(documents)]
        shingles = step.get_shingles(text)
        if shingles.size != 0:
            step.get_signature(shingles)
        count += 1
        size += len(text.encode("utf8"))
    seconds = time.process_time() - start
print(json.dumps({"version": version("datatrove"), "documents": count, "bytes": size, "seconds": seconds}))
