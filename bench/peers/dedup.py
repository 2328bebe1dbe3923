# Documents per second of datatrove, one document at a time: what `MinhashDedupSignature.run` does for each, or `NGramsDecontFilter`.
# usage: python dedup.py documents.jsonl seconds [items.jsonl]
import json
import os
import sys
import tempfile
import time
from importlib.metadata import version

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
import xxhash  # noqa: E402
from datatrove.data import Document  # noqa: E402
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter  # noqa: E402
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature  # noqa: E402
from datatrove.utils.text import ngrams, simplify_text  # noqa: E402


def read(path):
    return [json.loads(line)["text"] for line in open(path, encoding="utf8")]


def hash_text(text):  # xxhash 4 takes bytes only, which datatrove 0.10.1 does not know
    return xxhash.xxh64_intdigest(text.encode("utf8"))


documents = read(sys.argv[1])
most = float(sys.argv[2])
with tempfile.TemporaryDirectory() as folder:
    if len(sys.argv) > 3:
        step = NGramsDecontFilter(folder, NGramsDecontConfig())  # 12 words, English
        step.hash_func = hash_text
        step._index_hashes = {
            hash_text(" ".join(gram)): "items"
            for text in read(sys.argv[3])
            for gram in ngrams(step.tokenizer.word_tokenize(simplify_text(text, step.config.norm_config)), 12)
        }
        work = lambda text: step.filter(Document(text=text, id="0"))  # noqa: E731
    else:
        step = MinhashDedupSignature(folder, MinhashConfig())  # 5 words, 14 x 8, 64-bit xxhash, English
        step._hash_func = hash_text

        def work(text):
            shingles = step.get_shingles(text)
            if shingles.size != 0:
                step.get_signature(shingles)

    work(documents[0])  # loads the tokenizer
    start = time.process_time()
    count = 0
    while time.process_time() - start < most:
        work(documents[count % len(documents)])
        count += 1
    seconds = time.process_time() - start
print(json.dumps({"version": version("datatrove"), "documents": count, "seconds": seconds}))
