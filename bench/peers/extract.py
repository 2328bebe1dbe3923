"""Main text of pages with trafilatura: {"trafilatura": [html], "readability": [html]} on standard input, texts and milliseconds a page out."""

import json
import sys
import time

import trafilatura

sets = json.load(sys.stdin)
pages = [page for name in ("trafilatura", "readability") for page in sets[name]]
for page in pages[:20]:
    trafilatura.extract(page)
start = time.process_time()
texts = {name: [trafilatura.extract(page) or "" for page in sets[name]] for name in ("trafilatura", "readability")}
seconds = time.process_time() - start
print(json.dumps({"version": trafilatura.__version__, "milliseconds": 1000 * seconds / len(pages), **texts}))
