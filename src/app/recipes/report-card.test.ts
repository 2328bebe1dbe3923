import { describe, expect, it } from 'vitest';
import { renderReport } from '../../base/report/index.js';
import { reportCard } from './report-card.js';
import type { ReportInput } from './report-input.js';

const input: ReportInput = {
  name: 'lexicographer',
  charter: { purpose: 'To define words.', risks: [{ risk: 'Wrong definitions.' }], controls: [] },
  thresholds: [
    { rule: 'base.bitsPerByte <= 2', value: 1.7, met: true },
    { rule: 'tuned.choiceAccuracy.low > 0.25', value: undefined, met: false },
  ],
  overrides: [{ reason: 'a demonstration', at: '2026-01-01T00:00:00Z' }],
  stages: [
    {
      stage: 'Corpus',
      address: 'corpus-0123456789abcdef',
      parents: [],
      seconds: 3,
      peakMemoryMB: 200,
      startedAt: '2026-01-01T00:00:00Z',
      resumed: 0,
      bytes: 1e6,
    },
    {
      stage: 'Base model',
      address: 'base-0123456789abcdef',
      parents: ['corpus-0123456789abcdef'],
      seconds: 240,
      peakMemoryMB: 900,
      flops: 2e13,
      predicted: { seconds: 200, peakMemoryMB: 1000, flops: 2e13 },
      startedAt: '2026-01-01T00:00:00Z',
      resumed: 2,
      bytes: 1e7,
    },
  ],
  data: [['Training documents', '100,000']],
  dataNotes: ['Split by lemma.'],
  licences: [{ source: 'WordNet 3.1', licence: 'LicenseRef-WordNet' }],
  tokenizer: [['Vocab size', '4,096']],
  model: [['Parameters', '3.1M']],
  curves: [
    {
      stage: 'Base model',
      loss: [
        [1, 8],
        [2, 7],
      ],
      validation: [[2, 7]],
      learningRate: [],
      gradientNorm: [],
      tokensPerSecond: [],
    },
  ],
  evaluation: {
    base: { bitsPerByte: 1.7, perplexity: 60, choice: { value: 0.4, low: 0.38, high: 0.42 } },
    tuned: { choice: { value: 0.5, low: 0.48, high: 0.52 }, chrF: 20 },
    baselines: { xz: 2.04, kneserNey5: 1.57, chance: 0.25, chrF: 18, chrFName: 'nearest word' },
    paired: { wins: 400, losses: 200, pValue: 1e-9 },
    questions: 2000,
    heldOutBytes: 5e5,
    notes: [],
  },
  samples: [{ title: 'Answers', samples: [{ prompt: 'oak', text: 'a tree' }] }],
  machine: [['Device', 'cpu']],
  cost: { perHour: 0.1, currency: 'EUR' },
  version: '0.1.0',
};

describe('report card', () => {
  const html = renderReport(reportCard(input));

  it('stands every figure beside its baseline', () => {
    expect(html).toContain('xz 2.040 · 5-gram Kneser-Ney 1.570');
    expect(html).toContain('95 % interval 48.0 % to 52.0 % · chance 25 %');
    expect(html).toContain('nearest word 18.0');
    expect(html).toContain('exact McNemar p = 1.0e-9');
  });

  it('says what was predicted, what is unmet and what was overridden', () => {
    expect(html).toContain('4m00s (predicted 3m20s, +20 %)');
    expect(html).toContain('1 of 2 release thresholds not met');
    expect(html).toContain('not measured');
    expect(html).toContain('a demonstration');
  });

  it('is complete without charter, curves, samples and evaluation', () => {
    const bare = renderReport(
      reportCard({
        ...input,
        charter: undefined,
        thresholds: [],
        overrides: [],
        curves: [],
        model: [],
        samples: [],
        cost: undefined,
        evaluation: { baselines: {}, notes: [] },
      }),
    );
    expect(bare).toContain('The charter sets no release thresholds');
    expect(bare).not.toContain('NaN');
    expect(bare).not.toContain('undefined');
  });
});
