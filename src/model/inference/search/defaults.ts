import { InvalidInput } from '../../../base/core/index.js';
import type { SearchOptions } from './options.js';

/** What a folder says about generation, as options of a search; the rest keeps its defaults. */
export interface SearchDefaults extends Omit<SearchOptions, 'maxTokens' | 'signal'> {
  readonly maxTokens?: number;
  /** The decoder's first token, where it is not the configuration's. */
  readonly decoderStart?: number;
}

/**
 * Reads generation_config.json of an encoder-decoder (or the same fields of an older config.json), where lengths count
 * the decoder's start token. Sampling is not taken from it: who wants to sample asks for it.
 *
 * @throws InvalidInput `generation.file` naming field and value.
 */
export function searchDefaultsFromHf(json: Readonly<Record<string, unknown>>, source: string): SearchDefaults {
  const refuse = (field: string, expected: string): never => {
    const got = JSON.stringify(json[field]);
    throw new InvalidInput('generation.file', `read ${source}: expected ${field} ${expected}, got ${got}`, { field });
  };
  const read = <T>(field: string, fits: (value: unknown) => boolean, expected: string): T | undefined => {
    const value = json[field] ?? undefined;
    if (value !== undefined && !fits(value)) refuse(field, expected);
    return value as T | undefined;
  };
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const count = (field: string) => read<number>(field, isCount, 'to be a whole number of at least 0');
  const number = (field: string) => read<number>(field, (value) => Number.isFinite(value), 'to be a number');
  const ids = (field: string): readonly number[] => {
    const isIds = (value: unknown) => (Array.isArray(value) ? value.every(isCount) : isCount(value));
    const value = read<number | number[]>(field, isIds, 'to be a token id or a list of them');
    return value === undefined ? [] : [value].flat();
  };
  const early = (value: unknown) => typeof value === 'boolean' || value === 'never';
  const longest = count('max_new_tokens') ?? (count('max_length') ?? 0) - 1;
  const shortest = count('min_new_tokens') ?? (count('min_length') ?? 0) - 1;
  const stopTokenIds = ids('eos_token_id');
  const noRepeatNgram = count('no_repeat_ngram_size') ?? 0;
  const repetitionPenalty = number('repetition_penalty') ?? 1;
  const [decoderStart] = ids('decoder_start_token_id');
  const found = {
    decoderStart,
    maxTokens: longest > 0 ? longest : undefined,
    minTokens: shortest > 0 ? shortest : undefined,
    stopTokenIds: stopTokenIds.length > 0 ? stopTokenIds : undefined,
    forcedFirst: ids('forced_bos_token_id')[0],
    forcedLast: ids('forced_eos_token_id')[0],
    numBeams: count('num_beams') || undefined,
    lengthPenalty: number('length_penalty'),
    earlyStopping: read<boolean | 'never'>('early_stopping', early, "to be true, false or 'never'"),
    sampling: { temperature: 0, noRepeatNgram, repetitionPenalty },
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as SearchDefaults;
}
