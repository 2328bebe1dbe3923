import { InvalidInput } from '../../../base/core/index.js';
import type { Json } from '../../../base/core/index.js';
import { addedToken, templateProcessing } from '../sentence-piece.js';
import type { GgufValue } from './metadata.js';
import { bytePiece, tokenTypes } from './tokenizer-types.js';

type Part = { readonly [key: string]: unknown };

/** What SentencePiece does with a text before it looks for pieces. */
export interface UnigramSteps {
  /** Compiled rules of its normalization. */
  readonly charsmap?: Uint8Array;
  /** A space stands before a text. */
  readonly spaceBefore: boolean;
  /** Spaces at both ends go, and of several one stays. */
  readonly trims: boolean;
}

const mark = '▁';
const spaces = JSON.stringify({ type: 'Replace', pattern: { String: ' ' }, content: mark });
const prepend = JSON.stringify({ type: 'Prepend', prepend: mark });
const merged = JSON.stringify({ type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' });
/** What trims a text before the spaces become marks, as `fromSentencePiece` writes it. */
const trimmed = (step: Part) =>
  step.type === 'Replace' && /^\\A \+\|.*\\z$/.test((step.pattern as { Regex?: string } | undefined)?.Regex ?? '');

function bytesOf(base64: unknown): Uint8Array | undefined {
  if (typeof base64 !== 'string') return undefined;
  const binary = atob(base64);
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** The steps of a tokenizer.json whose model is Unigram; undefined where llama.cpp has none like them. */
export function unigramSteps(normalizers: readonly Part[], cuts: readonly Part[]): UnigramSteps | undefined {
  const rest = [...normalizers];
  let charsmap: Uint8Array | undefined;
  if (rest[0]?.type === 'Precompiled') {
    charsmap = bytesOf(rest.shift()?.precompiled_charsmap);
    if (!charsmap) return undefined;
  }
  let trims = false;
  if (rest[0] && trimmed(rest[0])) {
    rest.shift();
    trims = true;
  }
  if (rest[0] && JSON.stringify(rest[0]) === merged) {
    // Runs of spaces alone: llama.cpp either trims too or leaves them.
    if (!trims && cuts[0]?.type !== 'WhitespaceSplit') return undefined;
    rest.shift();
  } else if (trims) return undefined;
  const names = cuts.map((cut) => cut.type);
  const metaspace = cuts.at(-1);
  const scheme =
    metaspace?.type === 'Metaspace' && (metaspace.replacement ?? mark) === mark
      ? (metaspace.prepend_scheme ?? (metaspace.add_prefix_space === false ? 'never' : 'always'))
      : undefined;
  const found = charsmap ? { charsmap } : {};
  const written = rest.map((step) => JSON.stringify(step)).join();
  // The marks made by the normalizer; words may then be looked at one by one.
  if (written === [prepend, spaces].join() || written === spaces) {
    if (names.length > 0 && !(names.length === 1 && scheme === 'never')) return undefined;
    return { ...found, spaceBefore: written !== spaces, trims };
  }
  if (rest.length > 0 || scheme === undefined) return undefined;
  if (names.join() === 'WhitespaceSplit,Metaspace') return { ...found, spaceBefore: scheme !== 'never', trims: true };
  return names.length === 1 ? { ...found, spaceBefore: scheme !== 'never', trims } : undefined;
}

/** The keys of these steps. */
export function unigramMetadata({ charsmap, spaceBefore, trims }: UnigramSteps): Record<string, GgufValue> {
  return {
    'tokenizer.ggml.pre': { type: 'string', value: 'default' },
    'tokenizer.ggml.add_space_prefix': { type: 'bool', value: spaceBefore },
    'tokenizer.ggml.remove_extra_whitespaces': { type: 'bool', value: trims },
    ...(charsmap
      ? { 'tokenizer.ggml.precompiled_charsmap': { type: 'array', of: 'i8', value: Int8Array.from(charsmap) } as const }
      : {}),
  };
}

/** tokenizer.json of a Unigram vocabulary out of a file. */
export function unigramJson(parts: {
  readonly tokens: readonly string[];
  readonly scores: ArrayLike<number>;
  readonly types: ArrayLike<number>;
  readonly unk: number | null;
  readonly added: readonly { readonly id: number; readonly special: boolean }[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly steps: UnigramSteps;
}): { readonly [key: string]: Json } {
  const { tokens, scores, types, unk, added, before, after, steps } = parts;
  if (unk === null) {
    throw new InvalidInput(
      'gguf.tokenizer',
      'gguf: expected tokenizer.ggml.unknown_token_id of a Unigram vocabulary, got none',
    );
  }
  const { charsmap, spaceBefore, trims } = steps;
  const normalizers: Json[] = [
    ...(charsmap
      ? [
          {
            type: 'Precompiled',
            precompiled_charsmap: btoa(Array.from(charsmap, (byte) => String.fromCharCode(byte)).join('')),
            match: 'longest',
          },
        ]
      : []),
    ...(trims
      ? [{ type: 'Replace', pattern: { Regex: `\\A +|[ ${mark}]+\\z` }, content: '' }, JSON.parse(merged) as Json]
      : []),
    ...(spaceBefore ? [JSON.parse(prepend) as Json] : []),
    JSON.parse(spaces) as Json,
  ];
  let least = Number.POSITIVE_INFINITY;
  for (let id = 0; id < tokens.length; id++) if (types[id] === tokenTypes.normal) least = Math.min(least, scores[id]!);
  const hidden = tokens.flatMap((token, id) =>
    types[id] === tokenTypes.byte || types[id] === tokenTypes.unused || bytePiece.test(token) ? [id] : [],
  );
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map(({ id, special }) => addedToken(id, tokens[id] as string, special)),
    normalizer: { type: 'Sequence', normalizers },
    pre_tokenizer: null,
    post_processor: templateProcessing((id) => tokens[id] as string, before, after),
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: mark }, content: ' ' },
        { type: 'Fuse' },
        ...(spaceBefore || trims ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: 'Unigram',
      unk_id: unk,
      // Scores of special pieces count for nothing; a lower one would lower that of unknown characters.
      vocab: tokens.map(
        (token, id): Json => [
          token,
          types[id] === tokenTypes.normal || least === Number.POSITIVE_INFINITY
            ? scores[id]!
            : Math.max(scores[id]!, least),
        ],
      ),
      byte_fallback: false,
      ...(hidden.length > 0 && { hidden_ids: hidden }),
    },
  };
}
