import type { Json } from '../../../base/core/index.js';
import type { CardInput } from './data-card.js';
import { licenceAlternatives } from './licences.js';
import type { DatasetMeasure } from './measure-dataset.js';

/** A file of the data set: JSON lines of documents. */
export interface CardFile {
  /** Relative to the JSON-LD file, or an address. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface CroissantInput extends CardInput {
  readonly files: readonly CardFile[];
  /** Columns of the files that are described. Default: id, text and source. */
  readonly columns?: readonly string[];
  /** Where the data set can be had. */
  readonly url?: string;
  /** ISO 8601 day. */
  readonly datePublished?: string;
  /** How it wants to be cited. */
  readonly citeAs?: string;
  readonly creators?: readonly string[];
}

/** Vocabulary of Croissant 1.0 (mlcommons.org/croissant/1.0), with its extension for responsible AI. */
const context: Json = {
  '@language': 'en',
  '@vocab': 'https://schema.org/',
  citeAs: 'cr:citeAs',
  column: 'cr:column',
  conformsTo: 'dct:conformsTo',
  cr: 'http://mlcommons.org/croissant/',
  data: { '@id': 'cr:data', '@type': '@json' },
  dataType: { '@id': 'cr:dataType', '@type': '@vocab' },
  dct: 'http://purl.org/dc/terms/',
  equivalentProperty: 'cr:equivalentProperty',
  examples: { '@id': 'cr:examples', '@type': '@json' },
  extract: 'cr:extract',
  field: 'cr:field',
  fileObject: 'cr:fileObject',
  fileProperty: 'cr:fileProperty',
  fileSet: 'cr:fileSet',
  format: 'cr:format',
  includes: 'cr:includes',
  isLiveDataset: 'cr:isLiveDataset',
  jsonPath: 'cr:jsonPath',
  key: 'cr:key',
  md5: 'cr:md5',
  parentField: 'cr:parentField',
  path: 'cr:path',
  rai: 'http://mlcommons.org/croissant/RAI/',
  recordSet: 'cr:recordSet',
  references: 'cr:references',
  regex: 'cr:regex',
  repeated: 'cr:repeated',
  replace: 'cr:replace',
  samplingRate: 'cr:samplingRate',
  sc: 'https://schema.org/',
  separator: 'cr:separator',
  source: 'cr:source',
  subField: 'cr:subField',
  transform: 'cr:transform',
};

/** What columns of documents mean; others are described by their name. */
const meanings: Readonly<Record<string, string>> = {
  id: 'Unique in its source',
  text: 'The text',
  source: 'File, address or table that the document came from',
  licence: 'SPDX expression',
  license: 'SPDX expression',
  url: 'Address',
  title: 'Title',
  time: 'When it was written or fetched, ISO 8601',
  language: 'ISO 639',
  access: 'Who may see it',
};

/** Address of an SPDX licence; anything else as it stands. */
function licenceUrl(licence: string): string[] {
  const ids = licenceAlternatives(licence)?.flat() ?? [licence];
  return ids.map((id) =>
    /^[A-Za-z0-9.+-]+$/.test(id) && id !== 'NOASSERTION' && id !== 'NONE' && !id.startsWith('LicenseRef-')
      ? `https://spdx.org/licenses/${id}.html`
      : id,
  );
}

/** A data set in Croissant 1.0 (JSON-LD): what it is, its files with hashes, the fields of its records, how it was made. */
export function croissant(measure: DatasetMeasure, input: CroissantInput): Json {
  const { files, steps = [], columns = ['id', 'text', 'source'] } = input;
  const licences = [...new Set(measure.licences.flatMap(({ name }) => licenceUrl(name)))];
  const single = files.length === 1;
  const idOf = (index: number): string => (single ? 'documents-file' : `documents-file-${index + 1}`);
  const described = input.description ?? `${measure.documents} documents, ${measure.bytes} bytes of text.`;
  const given = (record: Record<string, Json | undefined>): { [key: string]: Json } =>
    Object.fromEntries(Object.entries(record).filter((entry): entry is [string, Json] => entry[1] !== undefined));
  const one = <T>(list: readonly T[]): T | readonly T[] => (list.length === 1 ? (list[0] as T) : list);
  const personal = measure.access
    .filter(({ name }) => name === 'personal')
    .reduce((sum, { documents }) => sum + documents, 0);
  return given({
    '@context': context,
    '@type': 'sc:Dataset',
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    name: input.title,
    description: described,
    version: input.version,
    url: input.url,
    datePublished: input.datePublished,
    citeAs: input.citeAs,
    creator: input.creators ? input.creators.map((name) => ({ '@type': 'sc:Organization', name })) : undefined,
    license: one(licences) as Json,
    inLanguage: one(measure.languages.filter(({ name }) => name !== 'unknown').map(({ name }) => name)) as Json,
    'rai:dataCollection': `Sources: ${measure.sources
      .slice(0, 50)
      .map(({ name }) => name)
      .join(', ')}.`,
    'rai:dataPreprocessingProtocol': steps.map(
      (step) => `${step.name}: ${step.in} documents in, ${step.out} out; removed ${JSON.stringify(step.dropped)}`,
    ),
    'rai:personalSensitiveInformation': `${personal} of ${measure.documents} documents are classed as personal; ${measure.subjects} name the person that they are about.`,
    'rai:dataLimitations': input.limits ? [...input.limits] : undefined,
    distribution: files.map(({ path, bytes, sha256 }, i) => ({
      '@type': 'cr:FileObject',
      '@id': idOf(i),
      name: idOf(i),
      contentUrl: path,
      contentSize: `${bytes} B`,
      encodingFormat: 'application/jsonlines',
      sha256,
    })),
    recordSet: files.map((_, i) => {
      const name = single ? 'documents' : `documents-${i + 1}`;
      return {
        '@type': 'cr:RecordSet',
        '@id': name,
        name,
        description: 'One document a record.',
        field: columns.map((column) => ({
          '@type': 'cr:Field',
          '@id': `${name}/${column}`,
          name: column,
          description: meanings[column] ?? column,
          dataType: 'sc:Text',
          source: { fileObject: { '@id': idOf(i) }, extract: { column } },
        })),
      };
    }),
  });
}
