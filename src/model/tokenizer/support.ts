import { decoderReaders } from './decoders.js';
import { modelReaders } from './models.js';
import { normalizerReaders } from './normalizers.js';
import { postProcessorReaders } from './post-processors.js';
import { preTokenizerReaders } from './pre-tokenizers.js';

const parts: Readonly<Record<string, Readonly<Record<string, { readonly fields: string }>>>> = {
  model: modelReaders,
  normalizer: normalizerReaders,
  pre_tokenizer: preTokenizerReaders,
  post_processor: postProcessorReaders,
  decoder: decoderReaders,
};

/** What is read of tokenizer.json, as a Markdown table made from the tables that read it. */
export function tokenizerSupport(): string {
  const rows = Object.entries(parts).map(([part, table]) => {
    const types = Object.entries(table).map(([type, { fields }]) => {
      const names =
        fields === ''
          ? ''
          : ` (${fields
              .split(' ')
              .map((field) => `\`${field}\``)
              .join(', ')})`;
      return `${type}${names}`;
    });
    if (part !== 'model') types.push('Sequence');
    return `| ${part} | ${types.join('; ')} |`;
  });
  return ['| part | types, and the fields that are taken into account |', '|---|---|', ...rows].join('\n');
}
