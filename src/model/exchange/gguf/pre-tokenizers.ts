import { InvalidInput } from '../../../base/core/index.js';
import type { Json } from '../../../base/core/index.js';
import { gpt2Pattern, gpt4Pattern } from '../../tokenizer/index.js';

/** How llama.cpp cuts a text before byte-pair encoding, by the names that `tokenizer.ggml.pre` has for it. */
export interface PreTokenizerRow {
  /** The first one is written. */
  readonly names: readonly string[];
  /** Patterns that cut one after another, each isolating its matches; `digits` cuts digit by digit. */
  readonly cuts: readonly ('digits' | { readonly pattern: string })[];
  /** A piece that is a token as a whole is not merged. */
  readonly ignoreMerges: boolean;
  /** A beginning-of-text token is put before a text where the file does not say. */
  readonly addBos: boolean;
}

const row = (
  names: string,
  cuts: PreTokenizerRow['cuts'],
  { ignoreMerges = false, addBos = false } = {},
): PreTokenizerRow => ({ names: names.split(' '), cuts, ignoreMerges, addBos });
const gpt2 = { pattern: gpt2Pattern };

/** Pre-tokenizers of llama.cpp that tokenizer.json says exactly. */
export const preTokenizers: readonly PreTokenizerRow[] = [
  row('gpt-2 phi-2 mpt olmo jais gigachat roberta-bpe jina-es jina-de jina-v1-en jina-v2-es jina-v2-de', [gpt2]),
  row('llama-bpe llama3 llama-v3 falcon3', [{ pattern: gpt4Pattern(3) }], { ignoreMerges: true, addBos: true }),
  row('dbrx smaug-bpe', [{ pattern: gpt4Pattern(3) }]),
  row('qwen2 stablelm2 megrez', [{ pattern: gpt4Pattern(1).replace('{1,1}', '') }]),
  row('smollm starcoder refact command-r codeshell exaone minerva-7b', ['digits', gpt2]),
  row('default', [
    { pattern: String.raw`[\p{P}$+<=>^~|]+` },
    gpt2,
    { pattern: String.raw`\p{N}+` },
    { pattern: '[0-9][0-9][0-9]' },
  ]),
];

const known = () => preTokenizers.flatMap(({ names }) => names).join(', ');

/** The row of a name in a file; files that name none are cut by `default`. */
export function preTokenizerOf(name = 'default'): PreTokenizerRow {
  const found = preTokenizers.find(({ names }) => names.includes(name));
  if (found) return found;
  throw new InvalidInput(
    'gguf.tokenizer',
    `gguf: expected tokenizer.ggml.pre to be one of ${known()}, got ${JSON.stringify(name)}; give the tokenizer of the original model (--tokenizer FOLDER)`,
    { name },
  );
}

/** The `pre_tokenizer` of tokenizer.json that cuts as a row says. */
export function preTokenizerJson({ cuts }: PreTokenizerRow): Json {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
  const last = cuts.at(-1);
  // ByteLevel itself cuts by GPT-2's pattern.
  const own = cuts.length > 0 && last !== 'digits' && last?.pattern === gpt2Pattern;
  const steps: Json[] = (own ? cuts.slice(0, -1) : cuts).map(
    (cut): Json =>
      cut === 'digits'
        ? { type: 'Digits', individual_digits: true }
        : { type: 'Split', pattern: { Regex: cut.pattern }, behavior: 'Isolated', invert: false },
  );
  steps.push({ ...byteLevel, use_regex: own });
  return steps.length === 1 ? steps[0] : { type: 'Sequence', pretokenizers: steps };
}

type Step = { readonly [key: string]: unknown };

function flatten(value: unknown): Step[] {
  if (typeof value !== 'object' || value === null) return [];
  const step = value as Step;
  return step.type === 'Sequence' && Array.isArray(step.pretokenizers) ? step.pretokenizers.flatMap(flatten) : [step];
}

// Spellings of the same language: possessive quantifiers, one newline or many after white space, contractions grouped.
const spelled = (pattern: string) =>
  pattern
    .replace(/([?+*])\+/g, '$1')
    .replace(String.raw`'(?i:[sdmt]|ll|ve|re)`, String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`)
    .replace(/\\s\*\[\\r\\n\]\|/, String.raw`\s*[\r\n]+|`)
    .replace(/\{1,1\}/, '');

/** What a step does, as text that can be compared; what llama.cpp has no row for is left as it is. */
function describe(step: Step): string[] {
  const pattern = (step.pattern as { Regex?: unknown } | undefined)?.Regex;
  if (step.type === 'Split' && typeof pattern === 'string' && step.invert !== true && step.behavior === 'Isolated') {
    return [spelled(pattern)];
  }
  // The same pieces: a pattern that covers every character leaves nothing between its matches.
  if (step.type === 'Split' && typeof pattern === 'string' && step.invert === true && step.behavior === 'Removed') {
    return [spelled(pattern)];
  }
  if (step.type === 'Digits' && step.individual_digits === true) return ['digits'];
  if (step.type === 'ByteLevel' && step.add_prefix_space === false) {
    return step.use_regex === false ? ['bytes'] : [gpt2Pattern, 'bytes'];
  }
  return [JSON.stringify(step)];
}

/**
 * The row that cuts as a byte-level tokenizer.json does.
 *
 * @throws InvalidInput where llama.cpp has none.
 */
export function preTokenizerFor(preTokenizer: unknown, ignoreMerges: boolean): PreTokenizerRow {
  const steps = flatten(preTokenizer).flatMap(describe);
  const found = preTokenizers.find(
    (candidate) =>
      candidate.ignoreMerges === ignoreMerges &&
      [...candidate.cuts.map((cut) => (cut === 'digits' ? cut : cut.pattern)), 'bytes'].join('\n') === steps.join('\n'),
  );
  if (found) return found;
  throw new InvalidInput(
    'gguf.tokenizer',
    `gguf: expected a pre-tokenizer that llama.cpp has (one of ${known()}), got ${steps.join(', then ')}${
      ignoreMerges ? ' with ignore_merges' : ''
    }`,
    { steps },
  );
}
