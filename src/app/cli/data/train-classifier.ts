import { resolve } from 'node:path';
import { type Command, integer, number } from '../command.js';
import { table } from '../table.js';
import { type TextRecordOptions, textRecordOptions, textRecords } from './text-records.js';

interface Options extends TextRecordOptions {
  readonly labelField: string;
  readonly out: string;
  readonly heldOut: number;
  readonly dim: number;
  readonly wordNgrams: number;
  readonly epochs: number;
  readonly rate: number;
  readonly seed: number;
}

const percent = (value: number): string => (Number.isNaN(value) ? '–' : `${(100 * value).toFixed(1)} %`);

export const command: Command<Options> = {
  name: 'train-classifier',
  summary: 'Train a linear classifier of texts (quality, toxicity, domain) and measure it on examples kept out.',
  example: 'abovo data train-classifier --input labelled.jsonl --label-field quality --out quality.bin',
  options: [
    ...textRecordOptions,
    { flags: '--label-field <name>', description: 'field that holds the label', default: 'label' },
    {
      flags: '--out <file>',
      description: 'the model, as fastText’s .bin; figures and temperature go to FILE.json',
      required: true,
    },
    {
      flags: '--held-out <share>',
      description: 'kept out: half to calibrate, half to measure',
      parse: number(0.01, 0.9),
      default: 0.2,
    },
    { flags: '--dim <n>', description: 'floats per row', parse: integer(1, 1024), default: 32 },
    {
      flags: '--word-ngrams <n>',
      description: 'longest run of words that is a feature',
      parse: integer(1, 5),
      default: 2,
    },
    { flags: '--epochs <n>', description: 'passes over the examples', parse: integer(1, 1000), default: 15 },
    { flags: '--rate <x>', description: 'learning rate at the start', parse: number(0, 100), default: 0.5 },
    { flags: '--seed <n>', description: 'seed of the split and of training', parse: integer(0), default: 1 },
  ],
  async run({ options, cwd, signal, print, note, onProgress }) {
    const { saveTextClassifier, trainTextClassifier } = await import('../../../stages/data/quality/index.js');
    let rejected = 0;
    async function* examples() {
      for await (const item of textRecords(options, { cwd, signal })) {
        const label = 'error' in item ? undefined : item.record[options.labelField];
        if ('error' in item || (typeof label !== 'string' && typeof label !== 'number' && typeof label !== 'boolean')) {
          rejected++;
          note(`line ${item.line}: ${'error' in item ? item.error : `expected a label in "${options.labelField}"`}`);
        } else yield { text: item.text, label: String(label) };
      }
    }
    const { heldOut, dim, wordNgrams, epochs, rate, seed } = options;
    const { classifier, report } = await trainTextClassifier(examples(), {
      heldOut,
      dim,
      wordNgrams,
      epochs,
      rate,
      seed,
      signal,
      onProgress,
    });
    const out = resolve(cwd, options.out);
    await saveTextClassifier(out, classifier, report);
    print(
      table(
        ['label', 'examples', 'precision', 'recall', 'F1', 'AUC', 'threshold'],
        report.classes.map((c) => [
          c.label,
          String(c.examples),
          percent(c.precision),
          percent(c.recall),
          percent(c.f1),
          c.auc.toFixed(4),
          c.threshold.toFixed(3),
        ]),
      ),
    );
    print(
      `${report.measured} examples measured, ${report.trained} trained on: accuracy ${percent(report.accuracy)}; calibration error ${percent(report.calibrationError.before)}, with temperature ${classifier.temperature.toFixed(2)} ${percent(report.calibrationError.after)}`,
    );
    return {
      exitCode: rejected > 0 ? 1 : 0,
      result: { ok: rejected === 0, out: options.out, rejected, temperature: classifier.temperature, ...report },
    };
  },
};
