import { byteToken } from '../bytes.js';
import { Tokenizer } from '../tokenizer.js';
import { countWords } from './count.js';
import { type Normalization, type TokenizerJson, unigramJson } from './format.js';
import { checkLargest, checkOptions, checkSmallest, pauser, specialEntries, wrongOption } from './options.js';
import type { TrainOptions } from './options.js';
import { PieceLattice, longestEntry, mostEntries } from './piece-lattice.js';
import { type SymbolText, seedPieces, symbolText } from './seed-pieces.js';
import { emStep, prune, shares } from './unigram-steps.js';

export interface TrainUnigramOptions extends TrainOptions {
  /** As for the other trainers, but by default 2^23: here each takes more memory. */
  readonly mostDistinct?: number;
  /** Default `[unkToken]`, with `byteFallback` none. */
  readonly specialTokens?: readonly string[];
  /** What stands for unknown characters, default `<unk>`; it follows the special tokens where it is not among them and there is no byte fallback. */
  readonly unkToken?: string;
  /** Spell unknown characters as `<0xNN>`, 256 tokens after the special ones. Default false. */
  readonly byteFallback?: boolean;
  /**
   * `nmt_nfkc` (default): NFKC, control characters removed, other white space and runs of spaces as one space, as SentencePiece does;
   * `nfkc`; or `identity`, which changes nothing and puts no space before a text: with byte fallback
   * any text without `▁` comes back as it was.
   */
  readonly normalization?: Normalization;
  /** Share of characters in the alphabet, in (0, 1]. Default 1; with `byteFallback` 0.9995. */
  readonly characterCoverage?: number;
  /** Candidates to begin with. Default 1,000,000. */
  readonly seedSize?: number;
  /** Share of the pieces that one pruning keeps, in (0, 1). Default 0.75. */
  readonly shrinkingFactor?: number;
  /** Steps of expectation maximization before each pruning. Default 2. */
  readonly subIterations?: number;
  /** Characters of the longest piece, at most 63. Default 16. */
  readonly maxPieceLength?: number;
}

/** Each distinct character takes some 60 bytes while candidates are found. */
const defaultMostDistinct = 1 << 23;

interface Settings {
  readonly unkToken: string;
  readonly byteFallback: boolean;
  readonly specials: readonly string[];
  readonly characterCoverage: number;
  readonly seedSize: number;
  readonly shrinkingFactor: number;
  readonly subIterations: number;
  readonly maxPieceLength: number;
}

function settingsOf(options: TrainUnigramOptions): Settings {
  const { unkToken = '<unk>', byteFallback = false, seedSize = 1_000_000, shrinkingFactor = 0.75 } = options;
  const { subIterations = 2, maxPieceLength = 16, characterCoverage = byteFallback ? 0.9995 : 1 } = options;
  const given = options.specialTokens ?? [];
  const specials = byteFallback || given.includes(unkToken) ? given : [...given, unkToken];
  checkOptions(options, specials);
  const whole = (name: string, value: number, most: number) => {
    if (!Number.isInteger(value) || value < 1 || value > most) {
      wrongOption(name, `a whole number from 1 to ${most}`, value);
    }
  };
  whole('seedSize', seedSize, mostEntries - (1 << 21));
  whole('subIterations', subIterations, 100);
  whole('maxPieceLength', maxPieceLength, longestEntry);
  if (!(shrinkingFactor > 0 && shrinkingFactor < 1)) {
    wrongOption('shrinkingFactor', 'a share between 0 and 1', shrinkingFactor);
  }
  if (!(characterCoverage > 0 && characterCoverage <= 1)) {
    wrongOption('characterCoverage', 'a share in (0, 1]', characterCoverage);
  }
  return {
    unkToken,
    byteFallback,
    specials,
    characterCoverage,
    seedSize,
    shrinkingFactor,
    subIterations,
    maxPieceLength,
  };
}

/**
 * Trains a Unigram vocabulary (Kudo 2018): frequent stretches of the words as candidates, their probabilities by expectation
 * maximization, and pruning of those that are missed least until `vocabSize` tokens are left. Words begin with `▁`.
 * Errors: `InvalidInput` where the text holds no word, or too few pieces for `vocabSize` (the message names the largest possible one).
 */
export async function trainUnigram(
  texts: Iterable<string> | AsyncIterable<string>,
  options: TrainUnigramOptions,
): Promise<Tokenizer> {
  const settings = settingsOf(options);
  const { specials, byteFallback, unkToken } = settings;
  const json = unigramJson(options.normalization ?? 'nmt_nfkc', byteFallback);
  const bytes = byteFallback ? Array.from({ length: 256 }, (_, byte) => byteToken(byte)) : [];
  const reserved = new Set([...specials, ...bytes]);
  const { mostDistinct = defaultMostDistinct } = options;
  const text = await counted(texts, json, settings, reserved, { ...options, mostDistinct });
  checkSmallest(options.vocabSize, reserved.size + text.alphabet.length);
  const pieces = await piecesOf(text, options.vocabSize - reserved.size, reserved, settings, options);
  const vocab = [...[...reserved].map((token): [string, number] => [token, 0]), ...pieces];
  json.model.vocab = vocab;
  json.model.unk_id = specials.includes(unkToken) ? specials.indexOf(unkToken) : null;
  // Text that spells a byte's token is not that byte.
  if (byteFallback) json.model.hidden_ids = bytes.map((_, byte) => specials.length + byte);
  json.added_tokens = specialEntries(specials);
  return Tokenizer.fromJson(json);
}

/** The words of the texts. What counted them is let go: it may be large. */
async function counted(
  texts: Iterable<string> | AsyncIterable<string>,
  json: TokenizerJson,
  { specials, characterCoverage }: Settings,
  reserved: ReadonlySet<string>,
  options: TrainUnigramOptions,
): Promise<SymbolText> {
  return symbolText(await countWords(texts, json, specials, options), characterCoverage, reserved);
}

/** `wanted` pieces with the logarithms of their probabilities, likeliest first. */
async function piecesOf(
  text: SymbolText,
  wanted: number,
  reserved: ReadonlySet<string>,
  settings: Settings,
  { onProgress, signal }: TrainUnigramOptions,
): Promise<[string, number][]> {
  const { seedSize, maxPieceLength, shrinkingFactor, subIterations } = settings;
  const singles = text.alphabet.length;
  const pause = pauser(signal);
  const seeds = seedPieces(text, seedSize, maxPieceLength, reserved);
  await pause();
  const lattice = new PieceLattice(text, seeds);
  const first = lattice.size;
  const desired = Math.ceil(1.1 * wanted);
  let probabilities = shares(seeds.weights);
  for (let round = 0; ; round++) {
    for (let i = 0; i < subIterations; i++) {
      // The first round drops all that is rare: what it leaves is what the text has, whatever is wanted.
      probabilities = emStep(lattice, probabilities, singles, round === 0 ? 0 : wanted);
      // On a scale of logarithms each pruning is a step of the same size.
      const done = Math.round((100 * Math.log(first / lattice.size)) / Math.log(Math.max(first / wanted, 2)));
      if (await pause()) onProgress?.({ stage: 'tokenizer', done: Math.min(done, 99), total: 100, unit: 'percent' });
    }
    if (round === 0) checkLargest(wanted + reserved.size, lattice.size + reserved.size);
    if (lattice.size <= desired) break;
    const target = Math.max(Math.floor(shrinkingFactor * lattice.size), desired);
    probabilities = prune(lattice, probabilities, singles, target);
  }
  return chosen(text, lattice, probabilities, wanted);
}

/** The single symbols and the likeliest others. */
function chosen(
  { symbols, alphabet }: SymbolText,
  lattice: PieceLattice,
  probabilities: Float64Array,
  wanted: number,
): [string, number][] {
  const ids = Array.from(probabilities.keys());
  const byChance = (a: number, b: number) => probabilities[b] - probabilities[a] || a - b;
  const others = ids.slice(alphabet.length).sort(byChance);
  const kept = [...ids.slice(0, alphabet.length), ...others.slice(0, wanted - alphabet.length)].sort(byChance);
  return kept.map((piece) => {
    const at = lattice.positions[piece];
    const spelled = symbols.subarray(at, at + lattice.lengths[piece]);
    return [
      String.fromCodePoint(...Array.from(spelled, (symbol) => alphabet[symbol - 1])),
      Math.log(probabilities[piece]),
    ];
  });
}
