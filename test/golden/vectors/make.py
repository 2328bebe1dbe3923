# Fixtures of gensim and fastText for the tests of src/model/classic:
#   python test/golden/vectors/make.py DATA   (DATA: the folder of the shared development data)
# Made with gensim 4.4.0, fasttext-wheel 0.9.2, numpy 2.4.6.
import json, os, sys, tempfile
import fasttext, gensim, numpy
from gensim.models import KeyedVectors

data, here = sys.argv[1], os.path.dirname(os.path.abspath(__file__))
wordsim = lambda name: os.path.join(data, "wordsim", name)
expected = {
    "peers": {"gensim": gensim.__version__, "fasttext": "0.9.2", "numpy": numpy.__version__},
    "evaluation": [],
    "fasttext": {},
}

# Vectors on which some analogies come out right: related words differ by nearly the same vector.
random = numpy.random.default_rng(7)
dim, words, vectors = 8, [], []
def add(word, vector):
    if word not in words:
        words.append(word)
        vectors.append(vector.astype(numpy.float32))
sections, section = {}, None
for line in open(wordsim("questions-words.txt")):
    parts = line.split()
    if parts[0] == ":":
        section = sections.setdefault(parts[1], [])
    else:
        section.append(parts)
for name in ["family", "gram3-comparative", "capital-common-countries", "gram8-plural"]:
    offset = random.normal(size=dim)
    for a, b, _, _ in sections[name][:: 3 if name == "family" else 30]:
        base = random.normal(size=dim)
        add(a.lower() if random.random() < 0.5 else a, base)
        add(b, base + offset + 0.35 * random.normal(size=dim))
        if random.random() < 0.1:
            add(b.upper(), random.normal(size=dim))
for line in open(wordsim("wordsim353.tsv")):
    if not line.startswith("#"):
        a, b, score = line.rstrip("\n").split("\t")
        base = random.normal(size=dim)
        if random.random() < 0.6:
            add(a, base)
            add(b, base * float(score) / 10 + 0.5 * random.normal(size=dim))
add("naïve", random.normal(size=dim) * 1e-7)
add("яйцо", random.normal(size=dim) * 1e6)
model = KeyedVectors(dim)
model.add_vectors(words, vectors)
model.save_word2vec_format(os.path.join(here, "gensim.bin"), binary=True)
head = KeyedVectors(dim)
head.add_vectors(words[:20] + words[-2:], vectors[:20] + vectors[-2:])
head.save_word2vec_format(os.path.join(here, "gensim.txt"), binary=False)
for options in [{}, {"restrict_vocab": 150}, {"case_insensitive": False}]:
    total, found = model.evaluate_word_analogies(wordsim("questions-words.txt"), **options)
    pearson, spearman, unknown = model.evaluate_word_pairs(wordsim("wordsim353.tsv"), **options)
    expected["evaluation"].append({
        "restrict": options.get("restrict_vocab", 300000),
        "ignoreCase": options.get("case_insensitive", True),
        # A section of which no question can be asked is not in the list.
        "sections": {s["section"]: [len(s["correct"]), len(s["correct"]) + len(s["incorrect"])] for s in found[:-1]},
        "accuracy": total,
        "pearson": float(pearson[0]),
        "spearman": float(spearman[0]),
        "unknownPercent": unknown,
    })
expected["neighbours"] = {w: model.most_similar(w, topn=5) for w in ["king", "яйцо", "naïve", words[40]]}

# Small classifiers and word models of fastText of every kind that its files know.
texts = [json.loads(l) for l in __import__("gzip").open(os.path.join(data, "pretrain/nltk-english/inaugural.jsonl.gz"), "rt")]
lines = [" ".join(s.split()) for t in texts for s in t["text"].split("\n") if len(s.split()) > 5]
train = tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False)
kinds = ["early", "middle", "late", "naïve"]
for i, line in enumerate(lines[:800]):
    train.write("__label__%s %s\n" % (kinds[min(3, i * len(kinds) // 800)], line[:200]))
train.close()
probe = ["fellow citizens of the senate", "we the people Ünïcödé яйцо", "unseenword", "", "freedom and peace __label__late for all"]
def save(name, m, vectors=("government", "unseenword", "яйцо", "</s>")):
    m.save_model(os.path.join(here, name))
    record = {"vectors": {}, "subwords": {}}
    for word in vectors:
        record["vectors"][word] = [float(x) for x in m.get_word_vector(word)]
        record["subwords"][word] = [int(i) for i in m.f.getSubwords(word, "strict")[1]]
    if "supervised" in name:
        record["predictions"] = {t: [[l, p] for p, l in m.f.predict(t + "\n", 4, 0.0, "strict")] for t in probe}
    expected["fasttext"][name] = record
base = dict(dim=4, epoch=5, minCount=5, thread=1, verbose=0, bucket=60, lr=0.5)
save("supervised-softmax.bin", fasttext.train_supervised(train.name, wordNgrams=3, minn=2, maxn=3, loss="softmax", **base))
save("supervised-hs.bin", fasttext.train_supervised(train.name, wordNgrams=2, loss="hs", **base))
save("supervised-ova.bin", fasttext.train_supervised(train.name, loss="ova", **base))
quantized = fasttext.train_supervised(train.name, wordNgrams=2, **{**base, "bucket": 500, "dim": 6, "minCount": 2})
quantized.quantize(qnorm=True, cutoff=600, dsub=4)
save("supervised-pruned.ftz", quantized)
quantized = fasttext.train_supervised(train.name, **{**base, "dim": 5, "minCount": 4})
quantized.quantize(qnorm=False, dsub=2)
save("supervised-quantized.ftz", quantized)
save("skipgram.bin", fasttext.train_unsupervised(train.name, model="skipgram", minn=3, maxn=6, **{**base, "minCount": 12}))
save("cbow-hs.bin", fasttext.train_unsupervised(train.name, model="cbow", loss="hs", minn=1, maxn=2, **{**base, "minCount": 20}))
os.unlink(train.name)

# Accuracy on film reviews: every tenth of either kind is held out, in the order of the file.
films = [json.loads(l) for l in __import__("gzip").open(os.path.join(data, "pretrain/nltk-english/movie_reviews.jsonl.gz"), "rt")]
seen, held_out, train_lines = {"neg": 0, "pos": 0}, [], []
for film in films:
    line = "__label__%s %s\n" % (film["label"], " ".join(film["text"].split()))
    (held_out if seen[film["label"]] % 10 == 9 else train_lines).append(line)
    seen[film["label"]] += 1
# Alternating labels: sorted by label, the last one would have the last word.
negative = [l for l in train_lines if l.startswith("__label__neg")]
positive = [l for l in train_lines if l.startswith("__label__pos")]
train_path, test_path = tempfile.mktemp(".txt"), tempfile.mktemp(".txt")
open(train_path, "w").writelines(l for pair in zip(negative, positive) for l in pair)
open(test_path, "w").writelines(held_out)
expected["reviews"] = []
for options in [dict(lr=1.0, epoch=25, dim=16)]:
    scores = [fasttext.train_supervised(train_path, thread=1, verbose=0, seed=s, **options).test(test_path) for s in (1, 2, 3)]
    expected["reviews"].append({"options": options, "examples": scores[0][0], "accuracies": [s[1] for s in scores]})
# word2vec on sentences about one of two things each: mean cosine within and across the kinds, over seeds 1 to 3.
kinds = ["hen egg nest chick feather".split(), "graph node edge tensor kernel".split()]
state = 1
def draw(n):
    global state
    state = (state * 1664525 + 1013904223) % 2**32
    return state // 65536 % n
sentences = []
for _ in range(1500):
    kind = kinds[draw(2)]
    sentences.append(["and" if i % 4 == 3 else kind[draw(5)] for i in range(8)])
expected["word2vec"] = []
for options in [dict(sg=0), dict(sg=0, cbow_mean=0), dict(sg=1), dict(sg=0, hs=1, negative=0), dict(sg=1, hs=1, negative=0)]:
    sums = numpy.zeros(2)
    for seed in (1, 2, 3):
        wv = gensim.models.Word2Vec(
            sentences, vector_size=16, epochs=8, sample=0, window=3, alpha=0.05, seed=seed, workers=1, **options
        ).wv
        sums += [
            numpy.mean([wv.similarity(a, b) for kind in kinds for a in kind for b in kind if a != b]),
            numpy.mean([wv.similarity(a, b) for a in kinds[0] for b in kinds[1]]),
        ]
    expected["word2vec"].append({"options": options, "within": sums[0] / 3, "across": sums[1] / 3})
# The same with n-grams, from the one seed that fastText takes for words; t=1 keeps every word.
path = tempfile.mktemp(".txt")
open(path, "w").writelines(" ".join(words) + "\n" for words in sentences)
expected["subwords"] = []
cosine = lambda a, b: float(a @ b / numpy.linalg.norm(a) / numpy.linalg.norm(b))
for options in [dict(model="skipgram"), dict(model="cbow"), dict(model="skipgram", loss="hs"), dict(model="cbow", loss="hs")]:
    m = fasttext.train_unsupervised(path, dim=16, epoch=8, ws=3, t=1, bucket=1000, thread=1, verbose=0, **options)
    v = m.get_word_vector
    expected["subwords"].append({
        "options": options,
        "within": float(numpy.mean([cosine(v(a), v(b)) for kind in kinds for a in kind for b in kind if a != b])),
        "across": float(numpy.mean([cosine(v(a), v(b)) for a in kinds[0] for b in kinds[1]])),
    })
os.unlink(path)
json.dump(expected, open(os.path.join(here, "expected.json"), "w"), indent=1, ensure_ascii=False)
