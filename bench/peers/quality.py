# Processor seconds of datatrove's filters over the texts of a JSONL file, single process: prints one JSON object.
import json
import sys
import time

from datatrove.data import Document
from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
from datatrove.pipeline.filters.c4_filters import C4QualityFilter
from datatrove.pipeline.filters.fineweb_quality_filter import FineWebQualityFilter
import datatrove

filters = [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(), FineWebQualityFilter()]
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf8")]
for f in filters:
    f.filter(Document(text="The first text loads the tokenizer. " * 20, id="0"))
times = []
for _ in range(int(sys.argv[2])):
    start = time.process_time()
    for text in texts:
        for f in filters:
            f.filter(Document(text=text, id="0"))
    times.append(time.process_time() - start)
try:
    from importlib.metadata import version
    name = version("datatrove")
except Exception:
    name = "?"
print(json.dumps({"seconds": times, "version": name}))
