import { type Charter, type DataClass, personalClasses, type riskKinds } from './schema.js';

export type RiskKind = (typeof riskKinds)[number];

/** A control of a law or standard, when it is asked for, and where evidence for it is recorded. */
export interface Control {
  readonly id: string;
  readonly title: string;
  /** Asked for by any of these classes of data … */
  readonly classes: readonly DataClass[];
  /** … or by any of these kinds of risk. */
  readonly risks: readonly RiskKind[];
  /** Stage whose manifest gives evidence, and what in it; `charter` is the project file itself. */
  readonly evidence: { readonly stage: string; readonly what: string };
}

const every: readonly DataClass[] = ['public', 'internal', 'confidential', 'personal', 'special', 'health', 'children'];
const secret: readonly DataClass[] = ['confidential', ...personalClasses];

/**
 * Controls by the article or clause they belong to (Regulation (EU) 2016/679; ISO/IEC 27001:2022 Annex A; SOC 2 trust
 * services criteria; 45 CFR 164.514). Titles are ours. A control here means that the project records evidence for it:
 * whether a deployment complies is decided elsewhere.
 */
export const controls: readonly Control[] = [
  {
    id: 'GDPR 5(1)(b)',
    title: 'Purpose is stated and use outside it is named',
    classes: personalClasses,
    risks: ['misuse', 'privacy'],
    evidence: { stage: 'charter', what: 'purpose, intendedUsers, outOfScopeUses' },
  },
  {
    id: 'GDPR 6',
    title: 'Processing rests on a lawful basis',
    classes: personalClasses,
    risks: [],
    evidence: { stage: 'charter', what: 'lawfulBasis' },
  },
  {
    id: 'GDPR 9',
    title: 'Special categories are processed only under an exception',
    classes: ['special', 'health'],
    risks: [],
    evidence: { stage: 'charter', what: 'dataClasses, lawfulBasis, risks' },
  },
  {
    id: 'GDPR 17',
    title: 'A source can be traced to every artifact made from it',
    classes: personalClasses,
    risks: ['privacy'],
    evidence: { stage: 'corpus', what: 'parents and sources in the manifests of the lineage' },
  },
  {
    id: 'GDPR 30',
    title: 'A record of processing exists for data set and model',
    classes: personalClasses,
    risks: [],
    evidence: { stage: 'corpus', what: 'sources, licences and counts' },
  },
  {
    id: 'GDPR 35',
    title: 'Impact on people is assessed before processing',
    classes: ['special', 'health', 'children'],
    risks: [],
    evidence: { stage: 'charter', what: 'risks with likelihood, impact and mitigation' },
  },
  {
    id: '45 CFR 164.514(b)',
    title: 'Health data is de-identified',
    classes: ['health'],
    risks: [],
    evidence: { stage: 'corpus', what: 'notes on how identifiers were removed' },
  },
  {
    id: 'ISO 27001 A.5.32',
    title: 'Licences of what went in are known and carried along',
    classes: every,
    risks: ['copyright'],
    evidence: { stage: 'corpus', what: 'licences, united over the lineage' },
  },
  {
    id: 'ISO 27001 A.5.12',
    title: 'Information is classified',
    classes: every,
    risks: [],
    evidence: { stage: 'charter', what: 'dataClasses' },
  },
  {
    id: 'ISO 27001 A.8.10',
    title: 'Information that is no longer needed is deleted',
    classes: secret,
    risks: [],
    evidence: { stage: 'lineage', what: 'artifacts reached by a source; garbage collection' },
  },
  {
    id: 'ISO 27001 A.8.29',
    title: 'What is released was tested against acceptance criteria',
    classes: every,
    risks: ['quality'],
    evidence: { stage: 'evaluation', what: 'releaseThresholds against metrics' },
  },
  {
    id: 'ISO 27001 A.8.32',
    title: 'Changes are traceable to configuration, code and machine',
    classes: every,
    risks: ['security'],
    evidence: { stage: 'base', what: 'config, recorded commit and machine' },
  },
  {
    id: 'SOC 2 PI1.3',
    title: 'Processing is complete and accurate, and the result is checked',
    classes: every,
    risks: ['quality'],
    evidence: { stage: 'evaluation', what: 'figures beside baselines, with intervals' },
  },
  {
    id: 'SOC 2 CC6.1',
    title: 'Access to the served model is restricted',
    classes: ['internal', ...secret],
    risks: ['security', 'misuse'],
    evidence: { stage: 'serving', what: 'API keys required outside loopback' },
  },
];

/** Controls a charter asks for, with the classes and risks that ask. */
export function requiredControls(charter: Charter): ReadonlyArray<Control & { readonly askedBy: readonly string[] }> {
  const kinds = new Set(charter.risks.map((risk) => risk.kind));
  return controls.flatMap((control) => {
    const askedBy = [
      ...charter.dataClasses.filter((name) => control.classes.includes(name)).map((name) => `${name} data`),
      ...control.risks.filter((kind) => kinds.has(kind)).map((kind) => `risk of ${kind}`),
    ];
    return askedBy.length > 0 ? [{ ...control, askedBy }] : [];
  });
}
