# Reads JSON lines, drops short texts and writes JSON lines with datatrove: what bench/data.ts runs beside abovo.
# python datatrove-stream.py IN_FOLDER OUT_FOLDER WORKERS
import json
import resource
import sys
import time
from importlib.metadata import version

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter


def long_enough(document):
    return len(document.text) >= 500 and len(document.text.split()) >= 50


if __name__ == "__main__":
    source, out, workers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    started = time.time()
    LocalPipelineExecutor(
        pipeline=[JsonlReader(source), LambdaFilter(long_enough), JsonlWriter(out, compression=None)],
        tasks=workers,
        workers=workers,
        logging_dir=f"{out}/logs",
    ).run()
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(
        json.dumps(
            {
                "version": version("datatrove"),
                "seconds": time.time() - started,
                "cpuSeconds": sum(u.ru_utime + u.ru_stime for u in usage),
            }
        )
    )
