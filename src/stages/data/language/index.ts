/**
 * Which language a text is in, with a calibrated probability: 450 languages, from fastText's, eld's and franc's data joined.
 *
 * @module
 * @example
 * ```ts
 * import { loadLanguageDetector } from 'abovo/data/language';
 * const detector = await loadLanguageDetector({ table: 'small' });
 * detector.detect('Das Ei oder die Henne, was war zuerst da?').language; // 'de'
 * ```
 */
export { languageCode, languageName } from './codes.js';
export { LanguageDetector, loadLanguageDetector } from './detector.js';
export type { DetectedLanguage, DetectorOptions } from './detector.js';
export { steps } from './steps.js';
