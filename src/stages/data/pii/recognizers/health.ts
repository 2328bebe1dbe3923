import { digitsOf, luhn } from '../checks/digits.js';
import type { Recognizer } from '../types.js';

const value = String.raw`(?:\s{0,2}(?:number|num|no|nr|id|code)\b\.?)?\s{0,2}(?:is|was|:|=|#|：)?\s{0,2}[:#]?\s{0,2}`;
/** An identifier after its label: letters, digits and single separators, with a digit in it. */
const identifier = String.raw`(?<v>(?=[A-Z\d\-\/. ]{0,14}\d)[A-Z\d]{1,20}(?:[\-\/.][A-Z\d]{1,12}){0,4})(?![\w])`;
const labelled = (labels: string): RegExp =>
  new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${labels})(?![\p{L}])${value}${identifier}`, 'giu');
const enough = (found: string): boolean => digitsOf(found).length >= 3;

/** Records of health: numbers with labels, and the ids of those who give care. */
export const health: readonly Recognizer[] = [
  {
    type: 'MEDICAL_RECORD_NUMBER',
    name: 'labelled record number',
    family: 'health',
    trigger: 'digit',
    pattern: labelled(
      'mrn|mr#|medical record|med rec|health record|chart|patient (?:file|record|identifier|id|number|no)|patient#|hospital (?:number|no|id)|unit number|encounter|admission|visit (?:number|id|no)|accession|specimen|lab (?:number|id)|ehr|emr',
    ),
    score: 0.85,
    validate: enough,
    check: 'label; three digits at least',
  },
  {
    type: 'HEALTH_PLAN_NUMBER',
    name: 'labelled beneficiary number',
    family: 'health',
    trigger: 'digit',
    pattern: labelled(
      'health (?:plan|insurance|card)|(?<!national )insurance (?:id|number|no|policy)|member(?:ship)? (?:id|number|no)|beneficiary|subscriber|policy(?: holder)?|medicaid|medicare|hicn|group (?:number|no|id)|plan id|payer id|ehic|krankenversicherung|versichertennummer',
    ),
    score: 0.85,
    validate: enough,
    check: 'label; three digits at least',
  },
  {
    type: 'US_MBI',
    name: 'Medicare beneficiary identifier',
    family: 'health',
    country: 'US',
    trigger: 'digit',
    pattern:
      /(?<![A-Za-z0-9])[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}(?![A-Za-z0-9])/g,
    score: 0.75,
    context: ['mbi', 'medicare', 'beneficiary'],
    contextScore: 0.95,
    check: 'letters and digits of CMS’s eleven places',
  },
  {
    type: 'US_NPI',
    name: 'national provider identifier',
    family: 'health',
    country: 'US',
    trigger: 'number',
    pattern: /(?<![\w-])[12]\d{9}(?![\w-])/g,
    score: 0.2,
    context: ['npi', 'provider', 'national provider', 'provider id'],
    validate: (found) => luhn(digitsOf(`80840${found}`)),
    check: 'Luhn after 80840',
  },
  {
    type: 'MEDICAL_LICENSE',
    name: 'DEA number',
    family: 'health',
    country: 'US',
    trigger: 'number',
    pattern: /(?<![A-Za-z0-9])[ABCDEFGHJKLMPRSTUXabcdefghjklmprstux][A-Za-z9]\d{7}(?![A-Za-z0-9])/g,
    score: 0.5,
    context: ['dea', 'prescriber', 'medical', 'license', 'licence', 'registration', 'physician'],
    contextScore: 0.95,
    validate: (found) => {
      const d = digitsOf(found.slice(2));
      return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 === d[6];
    },
    check: 'weights 1 2',
  },
  {
    type: 'BIOMETRIC_ID',
    name: 'labelled biometric id',
    family: 'health',
    trigger: 'digit',
    pattern: labelled(
      'finger ?print(?: id| template| hash)?|voice ?print|retina(?:l)?(?: scan)?|iris(?: scan| code)?|face ?(?:id|print|template)|palm ?print|biometric(?: id| identifier| template| reference)?',
    ),
    score: 0.8,
    validate: enough,
    check: 'label; three digits at least',
  },
];
