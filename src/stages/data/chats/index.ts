/**
 * Data sets of chats and preferences: their forms are found and converted to messages, and split so that near-duplicates
 * stay together.
 *
 * @module
 * @example
 * ```ts
 * import { convertRecord, detectFormat } from 'abovo/data/chats';
 * const record = { instruction: 'Name a bird.', input: '', output: 'A hen.' };
 * detectFormat(record); // 'alpaca'
 * const converted = convertRecord(record);
 * if ('items' in converted && converted.items[0]?.kind === 'chat') {
 *   converted.items[0].messages[1]?.content === 'A hen.';
 * }
 * convertRecord({ instruction: 'Name a bird.', output: ' ' }); // { reason: 'an empty answer' }
 * ```
 */
export { convertRecord, detectFormat, recordFormats, textOf } from './convert.js';
export { splitByGroup } from './group-split.js';
export type { GroupSplitOptions } from './group-split.js';
export { readRecords } from './read-records.js';
export { pairsOf } from './types.js';
export type {
  ChatFormat,
  ChatRecord,
  ConvertedRecord,
  JudgedRecord,
  PreferenceFormat,
  PreferenceRecord,
  RankingRecord,
  RecordFormat,
  TextRecord,
} from './types.js';
