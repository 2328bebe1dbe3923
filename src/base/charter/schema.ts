import { z } from 'zod';
import { parseThreshold } from './threshold.js';

/** Classes of data that go into a model or meet it in use. */
export const dataClasses = ['public', 'internal', 'confidential', 'personal', 'special', 'health', 'children'] as const;
export type DataClass = (typeof dataClasses)[number];

/** Classes that are about identifiable people. */
export const personalClasses: readonly DataClass[] = ['personal', 'special', 'health', 'children'];

/** The bases on which personal data may be processed (GDPR Art. 6(1)). */
export const lawfulBases = [
  'consent',
  'contract',
  'legal-obligation',
  'vital-interests',
  'public-task',
  'legitimate-interests',
] as const;

/** What kind of harm a risk is; decides which controls it asks for. */
export const riskKinds = ['quality', 'memorisation', 'bias', 'misuse', 'security', 'privacy', 'copyright'] as const;

const level = z.enum(['low', 'medium', 'high']);

const riskSchema = z
  .strictObject({
    risk: z.string().min(1).describe('What could go wrong, in one sentence.'),
    kind: z.enum(riskKinds).default('quality').describe('What kind of harm it is; asks for controls.'),
    likelihood: level.default('medium'),
    impact: level.default('medium'),
    mitigation: z.string().min(1).describe('What is done about it.'),
  })
  .describe('A risk and what is done about it.');

const thresholdSchema = z
  .string()
  .superRefine((text, context) => {
    const parsed = parseThreshold(text);
    if (typeof parsed === 'string') context.addIssue({ code: 'custom', message: parsed });
  })
  .describe('A comparison with a metric of the run, e.g. "base.bitsPerByte <= 2.0".');

/** Section `charter` of `abovo.yaml`: why the model exists, for whom, from what, and what it must reach. */
export const charterSchema = z
  .strictObject({
    purpose: z.string().min(1).default('Not stated.').describe('Why the model exists.'),
    intendedUsers: z.array(z.string().min(1)).default([]).describe('Who is meant to use it.'),
    outOfScopeUses: z.array(z.string().min(1)).default([]).describe('What it must not be used for.'),
    dataClasses: z.array(z.enum(dataClasses)).min(1).default(['public']).describe('Classes of data that go into it.'),
    commercial: z
      .boolean()
      .default(false)
      .describe(
        'Used by or sold to others for money, or inside a business: data for non-commercial use stops the run.',
      ),
    redistribute: z
      .boolean()
      .default(false)
      .describe('The data set, or texts changed from it, are handed on: licences that forbid it stop the run.'),
    lawfulBasis: z
      .enum(lawfulBases)
      .optional()
      .describe('Basis on which personal data is processed; needed where dataClasses names personal data.'),
    risks: z.array(riskSchema).default([]),
    releaseThresholds: z
      .array(thresholdSchema)
      .default([])
      .describe('Comparisons that must hold; else run exits 1 and serve refuses.'),
  })
  .superRefine((charter, context) => {
    const personal = charter.dataClasses.filter((name) => personalClasses.includes(name));
    if (personal.length > 0 && !charter.lawfulBasis) {
      context.addIssue({
        code: 'custom',
        path: ['lawfulBasis'],
        message: `dataClasses names ${personal.join(', ')}: say on which lawful basis (${lawfulBases.join(', ')})`,
      });
    }
  })
  .describe('Why the model exists, for whom, from what data, at what risk, and what it must reach.');

export type Charter = z.infer<typeof charterSchema>;
