/**
 * The data card: what a data set holds, where it came from, what each step removed, under which licences; as one HTML page and
 * as Croissant JSON-LD.
 *
 * @module
 * @example
 * ```ts
 * import { dataCardHtml, licenceConflicts, measureDataset } from 'abovo/data/card';
 * const documents = [{ id: 'a', source: 'eggs.jsonl', text: 'The hen laid an egg.', licence: 'CC-BY-NC-4.0' }];
 * const measure = await measureDataset(documents);
 * measure.words; // 5
 * const html = dataCardHtml(measure, { title: 'Eggs', use: { commercial: true } });
 * licenceConflicts([{ licence: 'CC-BY-NC-4.0', documents: 1 }], { commercial: true })[0].severity; // 'stop'
 * ```
 */
export { croissant } from './croissant.js';
export type { CardFile, CroissantInput } from './croissant.js';
export { dataCard, dataCardHtml } from './data-card.js';
export type { CardInput, CardReject, CardStep } from './data-card.js';
export { licenceAlternatives, licenceConflicts, licenceTerms } from './licences.js';
export type { IntendedUse, LicenceCount, LicenceFinding, LicenceTerms } from './licences.js';
export { measureDataset } from './measure-dataset.js';
export type { DatasetMeasure, MeasureOptions } from './measure-dataset.js';
export type { Distribution, NamedCount } from './tally.js';
