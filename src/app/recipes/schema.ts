import { z } from 'zod';
import { charterSchema } from '../../base/charter/index.js';
import { finetuningSection } from '../../stages/alignment/index.js';
import { preferenceSection } from '../../stages/alignment/preference/index.js';
import { servingSection } from '../../service/serving/index.js';
import { evaluationSection } from '../../stages/evaluation/index.js';
import { trainingSection } from '../../stages/training/index.js';
import {
  architectureSection,
  computeSection,
  costSection,
  dataSection,
  objectiveSection,
  tokenizerSection,
} from './sections.js';

const minutes = z.number().gt(0).max(100_000);

/** Section `training`: the keys of the training room, and the horizon in other units. */
const pretrainingSection = trainingSection
  .extend({
    minutes: minutes.optional().describe('Time to train for; turned once, when the plan is made, into steps.'),
    tokens: z.int().min(1).optional().describe('Tokens to train on, instead of minutes or steps.'),
    maxEpochs: z.number().gt(0).optional().describe('Minutes are cut short after this many passes over your files.'),
  })
  .describe('Pretraining: optimizer, schedule, batch, horizon, validation and checkpoints.');

const midtrainingSection = trainingSection
  .extend({
    files: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Text of the second mix: .txt, .md, .jsonl; none leaves the stage out.'),
    replay: z
      .number()
      .min(0)
      .lt(1)
      .optional()
      .describe('Share of the batches that are still of the first mix (default 0.25).'),
    minutes: minutes.optional().describe('Time to train for; turned once, when the plan is made, into steps.'),
    tokens: z.int().min(1).optional().describe('Tokens to train on, instead of minutes or steps.'),
  })
  .describe('Mid-training: the base model goes on on another mix of text, with a schedule of its own.');

const tuningSection = finetuningSection
  .extend({
    minutes: minutes.optional().describe('Time to tune for; turned once, when the plan is made, into steps.'),
    tokens: z.int().min(1).optional().describe('Tokens to tune on, instead of minutes or steps.'),
    system: z.string().optional().describe('System message put before every chat.'),
  })
  .describe('Supervised fine-tuning on the chats of the corpus; left out where it has none.');

const pairSection = preferenceSection
  .extend({
    minutes: minutes.optional().describe('Time to learn for; turned once, when the plan is made, into steps.'),
    tokens: z.int().min(1).optional().describe('Tokens to learn from, instead of minutes or steps.'),
  })
  .describe('Learning from the pairs of answers of the corpus, after fine-tuning; left out where it has none.');

/** The whole of `abovo.yaml`. Every key has a default, except where the text comes from. */
export const projectSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'expected letters, digits, ".", "_" or "-", at most 64 characters')
      .optional()
      .describe('Name of the model, also when it is served; default: the folder.'),
    seed: z.int().min(0).max(2147483647).optional().describe('Everything random in the run follows from it.'),
    charter: charterSchema.prefault({}),
    data: dataSection,
    tokenizer: tokenizerSection.prefault({}),
    architecture: architectureSection.prefault({}),
    objective: objectiveSection.prefault({}),
    training: pretrainingSection.prefault({}),
    midtraining: midtrainingSection.prefault({}),
    finetuning: tuningSection.prefault({}),
    preference: pairSection.prefault({}),
    evaluation: evaluationSection.prefault({}),
    serving: servingSection.prefault({}),
    compute: computeSection.prefault({}),
    cost: costSection.prefault({}),
  })
  .describe('A language model from charter to price list.');

export type Project = z.output<typeof projectSchema>;

/** JSON Schema of `abovo.yaml` (draft 2020-12), for editors. */
export function projectJsonSchema(): object {
  return {
    title: 'abovo.yaml',
    ...(z.toJSONSchema(projectSchema, { io: 'input', target: 'draft-2020-12' }) as object),
  };
}
