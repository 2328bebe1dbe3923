# How cosines of vectors go with scores of pairs, computed by sentence-transformers (last layer) and transformers (others) for
# the small random BERT of hf-encoders with a WordPiece vocabulary of letters; correlations by scipy. All scores are made up.
# Made with sentence-transformers 6.2.0, transformers 5.24.0, torch 2.15.0, scipy 1.17.1: python generate.py (in this folder)
import json
import os
import random

import numpy as np
import torch
from scipy.stats import pearsonr, spearmanr
from sentence_transformers import SentenceTransformer, models
from tokenizers import Tokenizer, decoders, models as parts, normalizers, pre_tokenizers, processors
from transformers import BertModel, PreTrainedTokenizerFast

here = os.path.dirname(os.path.abspath(__file__))
encoder = os.path.join(here, "../hf-encoders/bert")
letters = "abcdefghijklmnopqrstuvwx"
special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
vocab = {token: i for i, token in enumerate([*special, *letters, *(f"##{letter}" for letter in letters)])}
tokenizer = Tokenizer(parts.WordPiece(vocab, unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
tokenizer.decoder = decoders.WordPiece()
tokenizer.add_special_tokens(special)
tokenizer.save(os.path.join(here, "tokenizer.json"))
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
                               sep_token="[SEP]", mask_token="[MASK]", model_max_length=16)

pick = random.Random(5)
words = ["egg", "hen", "nest", "Goose", "duck", "feather", "graph", "node", "edge", "tensor", "kernel", "loss", "pizza"]
pairs = [(a, b, round(pick.uniform(0, 10), 1)) for a, b in (pick.sample(words, 2) for _ in range(40))]
with open(os.path.join(here, "words.tsv"), "w") as file:
    file.write("# two words, made-up score\n" + "".join(f"{a}\t{b}\t{s}\n" for a, b, s in pairs))
sentences = [(" ".join(pick.sample(["an", "egg", "is", "a", "hen", "on", "the"], 3)), pick.choice(["a nest", "red hen", "le duc"]),
              round(pick.uniform(0, 5), 1)) for _ in range(12)]
with open(os.path.join(here, "sentences.jsonl"), "w") as file:
    for a, b, s in [*sentences, ("far too long for sixteen tokens", "a nest", 1.0)]:
        file.write(json.dumps({"sentence1": a, "sentence2": b, "score": s}) + "\n")

bert = BertModel.from_pretrained(encoder, attn_implementation="eager").eval()


def vectors(texts, pooling, layer):
    out = []
    for text in texts:
        with torch.no_grad():
            states = bert(**fast(text, return_tensors="pt"), output_hidden_states=True).hidden_states[layer][0]
        out.append((states.mean(0) if pooling == "mean" else states[0 if pooling == "cls" else -1]).numpy())
    return np.array(out, dtype=np.float64)


def sentence_vectors(texts, pooling):
    folder = os.path.join("/tmp", "abovo-golden-st")
    bert.save_pretrained(folder)
    fast.save_pretrained(folder)
    first = models.Transformer(folder)
    pool = models.Pooling(first.get_embedding_dimension(), pooling_mode=pooling)
    return SentenceTransformer(modules=[first, pool], device="cpu").encode(texts).astype(np.float64)


def judged(found, pooling, layer):
    # Each text once, so that equal pairs have equal cosines whatever they are batched with.
    texts = sorted({text for pair in found for text in pair[:2]})
    made = vectors(texts, pooling, layer)
    if layer == -1:
        theirs = sentence_vectors(texts, {"last": "lasttoken"}.get(pooling, pooling))
        assert np.abs(theirs - made).max() < 1e-5
        made = theirs
    a, b = (made[[texts.index(pair[side]) for pair in found]] for side in (0, 1))
    cosines = (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))
    scores = [pair[2] for pair in found]
    return dict(pooling=pooling, layer=layer, pairs=len(found), spearman=float(spearmanr(cosines, scores)[0]),
                pearson=float(pearsonr(cosines, scores)[0]), cosines=[round(float(c), 6) for c in cosines])


ways = [("mean", -1), ("cls", -1), ("mean", 1), ("last", -1)]
expected = {"words.tsv": [judged(pairs, *way) for way in ways], "sentences.jsonl": [judged(sentences, *way) for way in ways]}
with open(os.path.join(here, "expected.json"), "w") as file:
    json.dump(expected, file, indent=1)
