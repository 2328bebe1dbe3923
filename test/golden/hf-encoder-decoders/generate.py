# Small random encoder-decoders with their states, logits, gradients and generated ids, computed by transformers: the
# judge of abovo's T5 and BART. Made with transformers 5.24.0, torch 2.15.0: python generate.py (in this folder)
import json
import torch
import transformers
from transformers import (
    BartConfig, BartForConditionalGeneration, GPT2LMHeadModel, MBartConfig, MBartForConditionalGeneration, T5Config,
    T5ForConditionalGeneration)
from transformers.models.t5.modeling_t5 import T5Attention

peer = f"transformers {transformers.__version__}, torch {torch.__version__}"
V = 53


def t5(**options):
    return T5ForConditionalGeneration(T5Config(
        vocab_size=V, d_model=16, d_kv=8, d_ff=24, num_heads=2, relative_attention_num_buckets=8,
        relative_attention_max_distance=12, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1, dropout_rate=0.0,
        **options))


def bart(kind, config, **options):
    return kind(config(
        vocab_size=V, max_position_embeddings=24, d_model=16, encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=24, decoder_ffn_dim=24, dropout=0.0, bos_token_id=0, pad_token_id=1, eos_token_id=2,
        decoder_start_token_id=2, **options))


# This version's cache has room for as many decoder layers as there are encoder layers, so none has more.
# Standard deviations of the weights, and tokens that end an answer, so chosen that answers end at different lengths.
models = {
    "t5-1.0": (t5(num_layers=2, num_decoder_layers=2), 0.15, 19),
    "t5-1.1": (t5(num_layers=3, num_decoder_layers=2, feed_forward_proj="gated-gelu", tie_word_embeddings=False), 0.15, 22),
    "bart": (bart(BartForConditionalGeneration, BartConfig, encoder_layers=2, decoder_layers=2, scale_embedding=True), 0.15, 37),
    "mbart": (bart(MBartForConditionalGeneration, MBartConfig, encoder_layers=2, decoder_layers=1), 0.15, 11),
}

greedy = dict(max_new_tokens=14)
beams = dict(max_new_tokens=14, num_beams=4)
settings = [
    greedy,
    dict(greedy, no_repeat_ngram_size=2),
    dict(greedy, repetition_penalty=1.7),
    dict(greedy, min_new_tokens=8, no_repeat_ngram_size=3),
    dict(greedy, forced_bos_token_id=7, forced_eos_token_id=5),
    beams,
    dict(beams, num_return_sequences=4),
    dict(beams, length_penalty=0.0),
    dict(beams, length_penalty=2.0, early_stopping=True, num_return_sequences=2),
    dict(beams, length_penalty=-1.5, early_stopping="never", num_return_sequences=3),
    dict(beams, length_penalty=1.3, early_stopping="never", num_return_sequences=4),
    dict(beams, no_repeat_ngram_size=2, num_return_sequences=4),
    dict(beams, no_repeat_ngram_size=1, early_stopping=True, num_beams=3),
    dict(beams, min_length=9, forced_bos_token_id=7, num_return_sequences=2),
    dict(beams, forced_bos_token_id=7, forced_eos_token_id=5, num_beams=2),
    dict(beams, no_repeat_ngram_size=3, length_penalty=0.5, num_beams=6, num_return_sequences=6),
    dict(beams, repetition_penalty=1.3, num_beams=5, num_return_sequences=5),
]


def rounded(values):
    if isinstance(values, list):
        return [rounded(value) for value in values]
    return round(values, 6)


def generated(model, inputs, options, end):
    """Ids of each answer without padding, the end token kept, and the scores of beams."""
    plain = dict(do_sample=False, forced_bos_token_id=None, forced_eos_token_id=None, eos_token_id=end)
    out = model.generate(**inputs, **{**plain, **options}, output_scores=True, return_dict_in_generate=True)
    start = 1 if model.config.is_encoder_decoder else inputs["input_ids"].shape[1]
    rows = []
    for row in out.sequences.tolist():
        row = row[start:]
        rows.append(row[:row.index(end) + 1] if end in row else row)
    count = options.get("num_return_sequences", 1)
    answers = [rows[i:i + count] for i in range(0, len(rows), count)]
    if options.get("num_beams", 1) == 1:
        return {"options": options, "ids": answers}
    scores = rounded(out.sequences_scores.tolist())
    return {"options": options, "ids": answers, "scores": [scores[i:i + count] for i in range(0, len(rows), count)]}


for name, (model, std, end) in models.items():
    generator = torch.Generator().manual_seed(11)
    if name == "t5-1.1":
        # transformers 5 ties them at first; a checkpoint with both, as the published ones, unties them.
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            norm = "norm" in key
            parameter.normal_(0, std, generator=generator)
            if norm and key.endswith("weight"):
                parameter.add_(1)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.normal_(0, std, generator=generator)
    model.eval()
    model.save_pretrained(name)
    model = type(model).from_pretrained(name, attn_implementation="eager")
    pad = model.config.pad_token_id
    source = torch.randint(3, V, (3, 15), generator=generator)
    mask = torch.ones_like(source)
    for row, length in enumerate((15, 6, 11)):
        source[row, length:] = pad
        mask[row, length:] = 0
    labels = torch.randint(3, V, (3, 10), generator=generator)
    labels[1, 7:] = -100
    labels[2, 4:] = -100
    # mBART alone would begin targets with their last token, a language.
    targets = model.config.decoder_start_token_id * torch.ones_like(labels)
    targets[:, 1:] = labels[:, :-1]
    targets[targets == -100] = pad
    out = model(input_ids=source, attention_mask=mask, labels=labels, decoder_input_ids=targets)
    out.loss.backward()
    gradients = {key: parameter.grad.norm().item() for key, parameter in model.named_parameters()}
    with open(f"{name}/expected.json", "w") as file:
        json.dump({
            "peer": peer,
            "end": end,
            "source": source.tolist(),
            "mask": mask.tolist(),
            "labels": labels.tolist(),
            "encoder": rounded(out.encoder_last_hidden_state.tolist()),
            "logits": rounded(out.logits.tolist()),
            "loss": out.loss.item(),
            "gradientNorms": gradients,
            "generated": [
                generated(model, dict(input_ids=source, attention_mask=mask), options, end) for options in settings],
        }, file)

# Beam search of a decoder, on the model of ../hf-decoders.
model = GPT2LMHeadModel.from_pretrained("../hf-decoders/gpt2").eval()
prompts = torch.tensor([[3, 14, 15], [9, 2, 6], [5, 35, 8]])
with open("gpt2-generated.json", "w") as file:
    json.dump({
        "peer": peer,
        "end": 21,
        "prompts": prompts.tolist(),
        "generated": [
            generated(
                model, dict(input_ids=prompts, attention_mask=torch.ones_like(prompts)),
                dict(options, max_new_tokens=9, pad_token_id=2), 21)
            for options in settings if "min_length" not in options],
    }, file)

# Buckets of T5's relative positions for distances -2·maxDistance to 2·maxDistance.
rows = []
for bidirectional in (True, False):
    for buckets, distance in ((32, 128), (8, 20), (64, 1000), (16, 64), (12, 100)):
        found = T5Attention._relative_position_bucket(
            torch.arange(-2 * distance, 2 * distance + 1), bidirectional, buckets, distance)
        rows.append({
            "bidirectional": bidirectional, "numBuckets": buckets, "maxDistance": distance,
            # Run lengths: [bucket, how many distances in a row].
            "runs": [[bucket.item(), count.item()] for bucket, count in zip(*torch.unique_consecutive(found, return_counts=True))],
        })
with open("relative-buckets.json", "w") as file:
    json.dump({"peer": peer, "rows": rows}, file)
