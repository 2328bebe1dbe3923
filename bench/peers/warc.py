# Reads a WARC file as a whole with a Python reader; prints processor seconds, records and bytes of content as JSON.
# python bench/peers/warc.py warcio|fastwarc FILE check|plain
import json, resource, sys, time
from importlib.metadata import version

peer, path, mode = sys.argv[1:4]
start = time.process_time()
records = size = bad = 0
if peer == "warcio":
    from warcio.archiveiterator import ArchiveIterator
    with open(path, "rb") as stream:
        for record in ArchiveIterator(stream, check_digests=mode == "check"):
            if record.rec_type == "response":
                records += 1
                size += len(record.content_stream().read())
                checker = getattr(record, "digest_checker", None)
                if checker is not None and checker.passed is False:
                    bad += 1
else:
    from fastwarc.warc import ArchiveIterator, WarcRecordType
    with open(path, "rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=mode != "check", auto_decode="all"):
            records += 1
            if mode == "check":
                # The digest is of the body as it came, so it is checked before the codings are undone.
                if not record.verify_block_digest(consume=False):
                    bad += 1
                record.parse_http(auto_decode="all")
            size += len(record.reader.read())
print(json.dumps({"seconds": time.process_time() - start, "records": records, "bytes": size, "bad": bad, "version": version(peer),
                  "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
