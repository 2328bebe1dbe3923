import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InvalidInput } from '../../base/core/index.js';
import { resolveTrainConfig, trainingSection } from './config.js';
import { learningRateFactor } from './schedule.js';

const section = { learningRate: 1e-3, batchTokens: 1024, microBatchSize: 4, steps: 100 };

describe('training section', () => {
  it('fills defaults and derives warm-up and cadence from the steps', () => {
    const config = resolveTrainConfig(section);
    expect(config).toMatchObject({ optimizer: 'adamw', beta2: 0.95, warmupSteps: 2, validateEvery: 10 });
  });

  it('refuses unknown keys and reports every problem at once', () => {
    expect(trainingSection.safeParse({ learnignRate: 1 }).success).toBe(false);
    try {
      resolveTrainConfig({ ...section, learningRate: -1, dropout: 2 });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidInput);
      expect((error as Error).message).toMatch(/learningRate.*dropout/);
    }
    expect(() => resolveTrainConfig({ ...section, warmupSteps: 101 })).toThrow(/warmupSteps: expected at most steps/);
    expect(() => resolveTrainConfig({ learningRate: 1 })).toThrow(/batchTokens.*steps/);
  });

  it('describes every key for the JSON Schema', () => {
    const { properties } = z.toJSONSchema(trainingSection) as { properties: Record<string, { description?: string }> };
    for (const [key, field] of Object.entries(properties)) expect(field.description, key).toBeTruthy();
  });
});

describe('schedule', () => {
  const base = { steps: 100, warmupSteps: 10, decayFraction: 0.2, finalLearningRateFraction: 0.1 };
  const curve = (schedule: 'cosine' | 'linear' | 'wsd' | 'constant') =>
    Array.from({ length: 100 }, (_, step) => learningRateFactor({ ...base, schedule }, step));

  it.each(['cosine', 'linear', 'wsd', 'constant'] as const)('%s warms up to 1 and never exceeds it', (schedule) => {
    const values = curve(schedule);
    expect(values[0]).toBeCloseTo(0.1);
    expect(values[9]).toBe(1);
    expect(values[10]).toBe(1);
    expect(Math.max(...values)).toBe(1);
    for (let i = 11; i < 100; i++) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
  });

  it('ends near the final share', () => {
    expect(curve('cosine')[99]).toBeCloseTo(0.1, 2);
    expect(curve('linear')[99]).toBeCloseTo(0.1 + 0.9 / 90);
    expect(curve('cosine')[55]).toBeCloseTo(0.55);
    expect(curve('constant')[99]).toBe(1);
  });

  it('wsd is flat until the decay', () => {
    const values = curve('wsd');
    expect(values[80]).toBe(1);
    expect(values[81]).toBeLessThan(1);
    expect(values[90]).toBeCloseTo(0.55);
  });

  it('stands a run without warm-up or decay', () => {
    expect(learningRateFactor({ ...base, schedule: 'wsd', warmupSteps: 0, decayFraction: 0 }, 99)).toBe(1);
    expect(learningRateFactor({ ...base, schedule: 'cosine', warmupSteps: 100 }, 99)).toBe(1);
  });
});
