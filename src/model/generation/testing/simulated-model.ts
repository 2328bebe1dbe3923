import type { ChatTemplate } from '../language-model.js';
import { LanguageModel } from '../language-model.js';
import { ByteTokenizer } from './byte-tokenizer.js';
import { SimulatedEngine, type SimulatorOptions } from './simulator.js';

const special = ['<s>', '</s>', '<|user|>', '<|assistant|>', '<|system|>', '<|end|>', '<|tool|>'];

const template = (tokenizer: ByteTokenizer): ChatTemplate => {
  const id = (token: string) => tokenizer.tokenToId(token) as number;
  return {
    source:
      "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}" +
      '{% if add_generation_prompt %}<|assistant|>{% endif %}',
    render: (messages, { addGenerationPrompt }) =>
      messages.map((message) => `<|${message.role}|>${message.content}<|end|>`).join('') +
      (addGenerationPrompt ? '<|assistant|>' : ''),
    encode: (messages, { addGenerationPrompt }) => [
      ...messages.flatMap(({ role, content }) => [
        id(`<|${role}|>`),
        ...new TextEncoder().encode(content),
        id('<|end|>'),
      ]),
      ...(addGenerationPrompt ? [id('<|assistant|>')] : []),
    ],
  };
};

/** A `LanguageModel` over bytes on a simulated engine; `says` is its answer to every prompt. */
export function simulateModel(
  options: Partial<SimulatorOptions> & { name?: string; says?: string; chat?: boolean } = {},
): LanguageModel & { readonly engine: SimulatedEngine } {
  const { name = 'simulated', says, chat = true, ...rest } = options;
  const tokenizer = new ByteTokenizer(special);
  const answer = says === undefined ? undefined : tokenizer.encode(says, { addSpecialTokens: false });
  const engine = new SimulatedEngine({
    vocabSize: tokenizer.vocabSize,
    endId: tokenizer.tokenToId('</s>') as number,
    ...(answer ? { script: () => answer } : {}),
    ...rest,
  });
  return new LanguageModel({
    name,
    tokenizer,
    engine,
    bosTokenId: tokenizer.tokenToId('<s>') as number,
    eosTokenIds: [tokenizer.tokenToId('</s>') as number],
    ...(chat ? { chatTemplate: template(tokenizer) } : {}),
  }) as LanguageModel & { readonly engine: SimulatedEngine };
}
