# Peer of bench/vectors.ts: one job, given as JSON in the first argument; prints one line of JSON.
import json, resource, sys, time

job = json.loads(sys.argv[1])
kind = job["kind"]
if kind == "probe":
    import fasttext, gensim

    print(json.dumps({"gensim": gensim.__version__, "fasttext": "0.9.2"}))
    sys.exit()


def clock():
    return time.time(), time.process_time()


def evaluate(vectors):
    pearson, spearman, unknown = vectors.evaluate_word_pairs(job["pairs"])
    total, _ = vectors.evaluate_word_analogies(job["questions"])
    return {"spearman": float(spearman[0]), "analogies": total}


started = clock()
quality = {}
if kind == "classifier":
    import fasttext

    model = fasttext.train_supervised(
        job["train"], thread=job["threads"], lr=0.5, epoch=job["epochs"], dim=job["dim"], wordNgrams=2, bucket=200000, verbose=0
    )
    trained = clock()
    ready = started
    quality = {"accuracy": model.test(job["test"])[1]}
    words = job["words"] * job["epochs"]
elif kind == "fasttext":
    import fasttext

    model = fasttext.train_unsupervised(
        job["corpus"], model="skipgram", thread=job["threads"], epoch=job["epochs"], dim=job["dim"], bucket=200000, verbose=0
    )
    trained = clock()
    ready = started
    words = job["words"] * job["epochs"]
else:
    from gensim.models import Word2Vec
    from gensim.models.word2vec import LineSentence

    lines = LineSentence(job["corpus"])
    model = Word2Vec(vector_size=job["dim"], sg=int(kind == "skipgram"), workers=job["threads"], epochs=job["epochs"], seed=1)
    model.build_vocab(lines)
    ready = clock()
    _, words = model.train(lines, total_examples=model.corpus_count, epochs=model.epochs)
    trained = clock()
    quality = evaluate(model.wv)
# The memory before the evaluation cannot be told apart from that of the whole run, here or beside it.
print(json.dumps({
    "words": words,
    "seconds": trained[0] - ready[0],
    "cpuSeconds": trained[1] - ready[1],
    "wholeSeconds": trained[0] - started[0],
    "peakMemoryMB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    **quality,
}))
