# What Python's warcio reads in its own test files: offsets, types, addresses, statuses and digests of the unpacked content.
# python test/golden/warc/warcio-read.py FOLDER > test/golden/warc/warcio.json
import hashlib, json, os, sys
from importlib.metadata import version
from warcio.archiveiterator import ArchiveIterator

out = {"peer": "warcio (Python)", "version": version("warcio"), "command": "python test/golden/warc/warcio-read.py crawl/warc", "files": {}}
for name in sorted(os.listdir(sys.argv[1])):
    if name == "SOURCE.md":
        continue
    records, error = [], None
    try:
        with open(os.path.join(sys.argv[1], name), "rb") as stream:
            it = ArchiveIterator(stream, check_digests=True)
            for record in it:
                content = record.content_stream().read()
                checker = getattr(record, "digest_checker", None)
                records.append({
                    "offset": it.get_record_offset(),
                    "type": record.rec_type,
                    "url": record.rec_headers.get_header("WARC-Target-URI") or record.rec_headers.get_header("uri"),
                    "status": int(record.http_headers.get_statuscode()) if record.http_headers and str(record.http_headers.get_statuscode()).isdigit() else None,
                    "content": hashlib.sha1(content).hexdigest(),
                    "passed": checker.passed if checker else None,
                })
    except (Exception, SystemExit) as e:
        error = type(e).__name__
    out["files"][name] = {"records": records, "error": error}
json.dump(out, sys.stdout, indent=1)
print()
