// Runs a folder in transformers.js: {"root", "name"} with "generate": {"ids", "maxTokens"}, "rewrite": {"sources": lists of ids,
// "maxTokens", "pad"} (encoder-decoders) or "embed": [texts] on standard input; answers with one line of JSON.
import { text } from 'node:stream/consumers';
import {
  AutoModelForCausalLM,
  AutoModelForSeq2SeqLM,
  AutoTokenizer,
  Tensor,
  env,
  pipeline,
} from '@huggingface/transformers';

const { root, name, generate, rewrite, embed } = JSON.parse(await text(process.stdin));
env.allowRemoteModels = false;
env.localModelPath = root;
const answer = { transformersJs: env.version };
if (generate) {
  const model = await AutoModelForCausalLM.from_pretrained(name, { dtype: 'fp32' });
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const ids = BigInt64Array.from(generate.ids, BigInt);
  const out = await model.generate({
    input_ids: new Tensor('int64', ids, [1, ids.length]),
    attention_mask: new Tensor(
      'int64',
      BigInt64Array.from(ids, () => 1n),
      [1, ids.length],
    ),
    max_new_tokens: generate.maxTokens,
    do_sample: false,
  });
  answer.ids = Array.from(out.tolist()[0], Number).slice(ids.length);
  answer.text = tokenizer.decode(out.tolist()[0], { skip_special_tokens: true });
}
if (rewrite) {
  const model = await AutoModelForSeq2SeqLM.from_pretrained(name, { dtype: 'fp32' });
  answer.answers = [];
  for (const ids of rewrite.sources) {
    const row = (values) => new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    const out = await model.generate({
      input_ids: row(ids),
      attention_mask: row(ids.map((id) => (id === rewrite.pad ? 0 : 1))),
      max_new_tokens: rewrite.maxTokens,
      do_sample: false,
      num_beams: 1,
    });
    answer.answers.push(Array.from(out.tolist()[0], Number));
  }
  const session = model.sessions.decoder_model_merged;
  answer.inputs = session.inputNames;
}
if (embed) {
  const extract = await pipeline('feature-extraction', name, { dtype: 'fp32' });
  answer.vectors = (await extract(embed, { pooling: 'mean', normalize: true })).tolist();
}
console.log(JSON.stringify(answer));
