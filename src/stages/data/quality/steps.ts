import { resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInput } from '../../../base/core/index.js';
import type { Document } from '../document.js';
import { type Outcome, type StepDefinition, defineStep } from '../pipeline/index.js';
import { readDocuments } from '../read.js';
import { type C4Options, type Mc4Options, c4, c4Options, mc4, mc4Options } from './c4.js';
import { loadTextClassifier } from './classifier.js';
import { type FinewebOptions, fineweb, finewebOptions } from './fineweb.js';
import { type GopherQualityOptions, gopherQuality, gopherQualityOptions } from './gopher-quality.js';
import { type GopherRepetitionOptions, gopherRepetition, gopherRepetitionOptions } from './gopher-repetition.js';
import { FolderPerplexity, type TextModel, learnBytes, quantile } from './perplexity.js';
import { type Finding, TextMeasure } from './text-measure.js';
import { type UrlOptions, readDomains, urlJudge, urlOptions } from './url.js';

/** The measure of the document before: steps that follow each other ask about the same text. */
let latest = new TextMeasure('');
export function measureOf(text: string): TextMeasure {
  if (latest.text !== text) latest = new TextMeasure(text);
  return latest;
}

const dropped = ({ rule, detail }: Finding): Outcome => ({ drop: rule, detail });

/** The first rule that was broken takes the document out. */
function judged(document: Document, findings: Iterable<Finding | undefined>): Outcome {
  for (const finding of findings) if (finding) return dropped(finding);
  return document;
}

const gopherQualityStep = defineStep<GopherQualityOptions>({
  kind: 'document',
  name: 'gopherQuality',
  summary: 'Gopher’s rules of quality: length, word length, signs, bullets, letters, stop words.',
  version: 1,
  options: gopherQualityOptions,
  create: (options) => ({ apply: (document) => judged(document, gopherQuality(measureOf(document.text), options)) }),
});

const gopherRepetitionStep = defineStep<GopherRepetitionOptions>({
  kind: 'document',
  name: 'gopherRepetition',
  summary: 'Gopher’s rules of repetition: lines, paragraphs and runs of words that come again.',
  version: 1,
  options: gopherRepetitionOptions,
  create: (options) => ({ apply: (document) => judged(document, gopherRepetition(measureOf(document.text), options)) }),
});

const c4Step = defineStep<C4Options>({
  kind: 'document',
  name: 'c4Quality',
  summary:
    'C4’s rules: takes out lines without an end, with few words or policies, and pages with code or few sentences.',
  version: 1,
  options: c4Options,
  create: (options) => ({
    apply(document) {
      const { text, finding } = c4(document.text, options);
      if (finding) return dropped(finding);
      return text === document.text ? document : { ...document, text };
    },
  }),
});

const mc4Step = defineStep<Mc4Options>({
  kind: 'document',
  name: 'mc4Quality',
  summary: 'mC4’s rule: three lines of 200 characters or more.',
  version: 1,
  options: mc4Options,
  create: (options) => ({ apply: (document) => judged(document, [mc4(document.text, options)]) }),
});

const finewebStep = defineStep<FinewebOptions>({
  kind: 'document',
  name: 'finewebQuality',
  summary: 'FineWeb’s rules: lines without an end, short lines, lines that come again, lists.',
  version: 1,
  options: finewebOptions,
  create: (options) => ({ apply: (document) => judged(document, fineweb(measureOf(document.text), options)) }),
});

const urlStep = defineStep<UrlOptions>({
  kind: 'document',
  name: 'urlFilter',
  summary: 'Takes out documents by their address: block lists, banned words, several half-banned words.',
  version: 1,
  options: urlOptions,
  async create(options, { folder }) {
    const judge = urlJudge(options, await readDomains(options, folder));
    return {
      apply(document) {
        if (document.url === undefined) {
          return options.missing === 'drop' ? { drop: 'no_url', detail: 'the document has no address' } : document;
        }
        return judged(document, [judge(document.url)]);
      },
    };
  },
});

export const perplexityOptions = z.strictObject({
  /** Files of wanted text (as a source's `files`): a 5-gram model of bytes learns from them. */
  reference: z.array(z.string()).min(1).optional(),
  /** Folder of a language model, instead. */
  model: z.string().optional(),
  order: z.int().min(1).max(8).default(5),
  /** Bytes of the reference that are learned from, at most. */
  referenceBytes: z.int().min(1000).default(10_000_000),
  /** Most bits per byte; else `slack` times what this share of held-out reference documents takes. */
  maxBitsPerByte: z.number().min(0).optional(),
  /** Least bits per byte: below it text repeats itself. */
  minBitsPerByte: z.number().min(0).default(0),
  quantile: z.number().min(0).max(1).default(0.95),
  slack: z.number().min(0).default(1.25),
});
export type PerplexityOptions = z.infer<typeof perplexityOptions>;

/** The model of a perplexity filter and its limit. Errors: `InvalidInput` where neither reference nor model is given. */
export async function openPerplexity(
  options: PerplexityOptions,
  folder: string,
): Promise<{ readonly model: TextModel; readonly limit: number }> {
  if (options.model !== undefined) {
    if (options.maxBitsPerByte === undefined) {
      throw new InvalidInput('data.perplexity', 'perplexityFilter: expected maxBitsPerByte beside a model, got none');
    }
    // ONNX Runtime is loaded only where a model is asked for.
    const { openLanguageModel } = await import('../../../model/generation/index.node.js');
    const model = await openLanguageModel(resolve(folder, options.model), { maxSequences: 1 });
    return { model: new FolderPerplexity(model), limit: options.maxBitsPerByte };
  }
  if (!options.reference) {
    throw new InvalidInput(
      'data.perplexity',
      'perplexityFilter: expected reference (files of wanted text) or model (a folder), got neither',
    );
  }
  const texts: string[] = [];
  let bytes = 0;
  for await (const { text } of readDocuments([{ files: options.reference }], { folder })) {
    texts.push(text);
    bytes += text.length;
    if (bytes > options.referenceBytes * 1.2) break;
  }
  const { model, heldOut } = learnBytes(texts, { order: options.order, mostBytes: options.referenceBytes });
  return { model, limit: options.maxBitsPerByte ?? options.slack * quantile(heldOut, options.quantile) };
}

const perplexityStep = defineStep<PerplexityOptions>({
  kind: 'document',
  name: 'perplexityFilter',
  summary: 'Takes out what a small model finds too unlike wanted text, in bits per byte (or too like itself).',
  version: 1,
  options: perplexityOptions,
  async create(options, { folder }) {
    const { model, limit } = await openPerplexity(options, folder);
    return {
      async apply(document) {
        const bits = await model.bitsPerByte(document.text);
        if (bits > limit)
          return { drop: 'perplexity', detail: `${bits.toFixed(3)} > ${limit.toFixed(3)} bits per byte` };
        if (bits < options.minBitsPerByte) {
          return { drop: 'perplexityLow', detail: `${bits.toFixed(3)} < ${options.minBitsPerByte} bits per byte` };
        }
        if (Number.isNaN(bits)) return document;
        return { ...document, metadata: { ...document.metadata, bitsPerByte: Number(bits.toFixed(4)) } };
      },
      close: () => model.close?.(),
    };
  },
});

const classifierOptions = z.strictObject({
  /** A classifier of `abovo data train-classifier`, or any of fastText's. */
  model: z.string(),
  label: z.string(),
  /** Keep what has the label, or drop it. */
  action: z.enum(['keep', 'drop']).default('keep'),
  /** Least probability of the label to count as having it. */
  threshold: z.number().min(0).max(1).default(0.5),
});
type ClassifierFilterOptions = z.infer<typeof classifierOptions>;

const classifierStep = defineStep<ClassifierFilterOptions>({
  kind: 'document',
  name: 'classifierFilter',
  summary: 'Keeps, or takes out, what a trained linear classifier gives a label: quality, toxicity, domain.',
  version: 1,
  options: classifierOptions,
  async create({ model, label, action, threshold }, { folder }) {
    const classifier = await loadTextClassifier(resolve(folder, model));
    classifier.placeOf(label);
    return {
      apply(document) {
        const probability = classifier.probability(document.text, label);
        const has = probability >= threshold;
        if (has !== (action === 'keep')) {
          return { drop: `classifier:${label}`, detail: `${probability.toFixed(3)} ${has ? '>=' : '<'} ${threshold}` };
        }
        const scores = { [label]: Number(probability.toFixed(4)) };
        return { ...document, metadata: { ...document.metadata, classifier: scores } };
      },
    };
  },
});

export const steps: readonly StepDefinition[] = [
  urlStep,
  gopherRepetitionStep,
  gopherQualityStep,
  c4Step,
  mc4Step,
  finewebStep,
  perplexityStep,
  classifierStep,
];
