"""Reads files with datatrove's readers; prints {"documents", "seconds" of processor time, "version"} as JSON."""
import importlib.metadata, json, sys, time

from datatrove.pipeline.readers import JsonlReader, ParquetReader

folder, name = sys.argv[1:]
reader = (ParquetReader if name.endswith('.parquet') else JsonlReader)(folder, glob_pattern=name)
start = time.process_time()
documents = characters = 0
for document in reader.run():
    documents += 1
    characters += len(document.text)
print(json.dumps({'documents': documents, 'characters': characters, 'seconds': time.process_time() - start,
                  'version': importlib.metadata.version('datatrove')}))
