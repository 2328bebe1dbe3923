# Small SentencePiece models of every kind with the ids, pieces and texts that SentencePiece gives for tricky texts, and hashes of
# its ids for the models of the shared data on the Universal Declaration of Human Rights: judges of abovo's reader.
# Made with sentencepiece 0.2.3: python generate.py SHARED_DATA (in this folder)
import base64
import collections
import gzip
import io
import json
import sys
import zlib

import sentencepiece
import sentencepiece.sentencepiece_model_pb2 as pb

data = sys.argv[1]
botchan = open(f"{data}/pretrain/novels/botchan.txt", encoding="utf-8").read().split("\n")
corpus = [line for line in botchan if line][:1500]
rules = [("(c)", "©"), ("c", "k"), ("ck", "q"), ("é", "e"), ("e\u0301", "e"), ("\t", " "), ("x", ""), ("日本", "nippon ")]
with open("/tmp/rules.tsv", "w", encoding="utf-8") as file:
    for source, target in rules:
        hexes = lambda text: " ".join(f"{ord(char):X}" for char in text)
        file.write(f"{hexes(source)}\t{hexes(target)}\n")


def train(**options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=model, minloglevel=2,
        **{"vocab_size": 200, "normalization_rule_name": "identity", "hard_vocab_limit": False, **options})
    return model.getvalue()


def change(model, edit):
    proto = pb.ModelProto()
    proto.ParseFromString(model)
    edit(proto)
    return proto.SerializeToString()


def unused(proto):
    for piece in proto.pieces[60:90]:
        if piece.type == 1:
            piece.type = 5


user = ["<sep>", "▁the▁", "don", "日本", "(c)"]
models = {
    "unigram": train(model_type="unigram"),
    "unigram, byte fallback": train(model_type="unigram", byte_fallback=True, vocab_size=500),
    "unigram, user's pieces": train(model_type="unigram", user_defined_symbols=["<sep>", "don", "日本"], control_symbols=["<c>"]),
    "unigram, user's pieces with spaces": train(model_type="unigram", user_defined_symbols=user),
    "unigram, all spaces kept": train(model_type="unigram", remove_extra_whitespaces=False),
    "unigram, no dummy prefix": train(model_type="unigram", add_dummy_prefix=False),
    "unigram, words joined": train(model_type="unigram", split_by_whitespace=False),
    "unigram, unused pieces": change(train(model_type="unigram"), unused),
    "unigram, rules of its own": train(model_type="unigram", normalization_rule_tsv="/tmp/rules.tsv", normalization_rule_name=""),
    "bpe": train(model_type="bpe"),
    "bpe, byte fallback": train(model_type="bpe", byte_fallback=True, vocab_size=500, remove_extra_whitespaces=False),
    "bpe, user's pieces": train(model_type="bpe", user_defined_symbols=["<sep>", "don", "日本"]),
    "bpe, rules of its own": train(model_type="bpe", normalization_rule_tsv="/tmp/rules.tsv", normalization_rule_name=""),
    "word": train(model_type="word"),
    "char": train(model_type="char"),
}
texts = [
    "", " ", "  ", "Hello", " Hello  world ", "I don't know the (c) of it.", "the the  the", "<sep>", "a<sep>b <sep> c", "日本語 日本",
    "éclair e\u0301clair", "cocktail back ck", "xx", "x the x", "a\tb\nc", "▁", "▁the▁end▁", "a ▁ b", "don", "and done", "😀 🥚", "<0x0A>",
    "<s>", "</s> <unk> <c>", "Botchan is the hero.", "....", "--------", "aaaaaaaa", "“Hello,” he said, “I am from Tokyo.”", "\u00a0\u3000",
]


def record(model):
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    ids = [processor.encode(text) for text in texts]
    return {"model": base64.b64encode(model).decode(), "ids": ids, "decoded": [processor.decode(row) for row in ids]}


with open("small-models.json", "w", encoding="utf-8") as file:
    about = f"sentencepiece {sentencepiece.__version__}, generate.py"
    records = ",\n".join(f"{json.dumps(name)}: {json.dumps(record(model), ensure_ascii=False)}" for name, model in models.items())
    file.write(f'{{"about": {json.dumps(about)},\n"texts": {json.dumps(texts, ensure_ascii=False)},\n"models": {{\n{records}\n}}}}\n')

shared = {
    "t5-small/spiece.model": "t5-small", "llama2/tokenizer.model": "llama2",
    "sentencepiece-test/test_model.model": "english", "sentencepiece-test/test_ja_model.model": "japanese",
}
groups = collections.defaultdict(list)
for line in gzip.open(f"{data}/lid/udhr/udhr.jsonl.gz", "rt", encoding="utf-8"):
    row = json.loads(line)
    groups[row["lang"]].append(row["text"])
hashes = {}
for path in shared:
    processor = sentencepiece.SentencePieceProcessor(model_file=f"{data}/tokenizers/{path}")
    # CRC-32 of all ids of a language, as decimal numbers with commas.
    hashes[path] = {
        lang: format(zlib.crc32(",".join(str(i) for row in processor.encode(rows) for i in row).encode()), "08x")
        for lang, rows in groups.items()
    }
with open("udhr-hashes.json", "w", encoding="utf-8") as file:
    json.dump({"about": about, "hashes": hashes}, file, indent=0)
    file.write("\n")
