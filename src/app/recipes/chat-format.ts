/** Separates documents: begins and ends each text of pretraining. */
export const endOfText = '<|endoftext|>';
/** Ends a turn of a chat. */
export const endOfTurn = '<|end|>';

/** Special tokens of every tokenizer that a run trains, with ids from 0 in this order. */
export const specialTokens: readonly string[] = [endOfText, '<|system|>', '<|user|>', '<|assistant|>', endOfTurn];

/** Chat template (Jinja, as in tokenizer_config.json): the loss is taken between the generation marks. */
export const chatTemplate: string = [
  '{%- for message in messages -%}',
  "{%- if message.role not in ['system', 'user', 'assistant'] -%}",
  "{{- raise_exception('expected role system, user or assistant, got ' + message.role) -}}",
  '{%- endif -%}',
  "{{- '<|' + message.role + '|>' + message.content + '<|end|>' -}}",
  '{%- endfor -%}',
  "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}",
].join('\n');
