import { type Scanner, gpt2Scanner, gpt4Scanner, o200kScanner } from './scanners.js';

/** GPT-2's split pattern (r50k_base, p50k_base). */
export const gpt2Pattern = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
/** GPT-4's split pattern (cl100k_base), with pieces of at most `mostDigits` digits. */
export const gpt4Pattern = (mostDigits = 3): string =>
  String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,${mostDigits}}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
/** GPT-4o's split pattern (o200k_base). */
export const o200kPattern = [
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?`,
  String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?`,
  String.raw`\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
].join('|');

export type SplitPatternName = 'gpt2' | 'gpt4' | 'cl100k' | 'llama3' | 'qwen2' | 'o200k';

/** Split patterns by name: `gpt4`, `cl100k` and `llama3` are one pattern, `qwen2` takes digits one by one. */
export const splitPatterns: Readonly<Record<SplitPatternName, string>> = {
  gpt2: gpt2Pattern,
  gpt4: gpt4Pattern(3),
  cl100k: gpt4Pattern(3),
  llama3: gpt4Pattern(3),
  qwen2: gpt4Pattern(1).replace('{1,1}', ''),
  o200k: o200kPattern,
};

/** The hand-written scanner that does what `pattern` does, where there is one. */
export function scannerFor(pattern: string): Scanner | undefined {
  if (pattern === gpt2Pattern) return gpt2Scanner();
  if (pattern === o200kPattern) return o200kScanner();
  const digits = /\\p\{N\}(?:\{1,([1-9])\}|\+)?(?=\|)/.exec(pattern);
  if (!digits) return undefined;
  const rest = `${pattern.slice(0, digits.index)}@${pattern.slice(digits.index + digits[0].length)}`;
  const most = digits[0].endsWith('+') ? Infinity : Number(digits[1] ?? 1);
  // Spellings of one language: possessive or not, one newline or many after `\s*`, contractions grouped or listed.
  const spellings = [
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|@| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|@| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
    String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|@| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+`,
    String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|@| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s*[\r\n]|\s+(?!\S)|\s+`,
  ];
  return spellings.includes(rest) ? gpt4Scanner(most) : undefined;
}
