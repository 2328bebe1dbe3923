"""Trains a Unigram model with SentencePiece: python unigram.py TEXT OUT PIECES; prints the seconds that training took."""

import sys
import time

import sentencepiece

text, out, pieces = sys.argv[1:]
start = time.perf_counter()
with open(out, "wb") as model:
    sentencepiece.SentencePieceTrainer.train(
        input=text, model_writer=model, vocab_size=int(pieces), model_type="unigram", character_coverage=1.0,
        normalization_rule_name="nfkc", max_sentence_length=1000000, minloglevel=2,
        # Words may mix scripts and digits, as in the two other trainers.
        split_by_unicode_script=False, split_by_number=False)
print(time.perf_counter() - start)
