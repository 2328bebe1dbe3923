import { describe, expect, it } from 'vitest';
import { deriveHorizon } from './derive-horizon.js';
import { deriveShape } from './derive.js';
import { parseProject } from './project-file.js';

const derive = (yaml: string, trainBytes?: number, tokensPerSecond = 10_000) => {
  const project = parseProject(`data: {files: [a.txt]}\n${yaml}`);
  const facts = { trainBytes, hasChats: true };
  const shape = deriveShape(project, facts);
  return { shape, horizon: deriveHorizon(project, facts, shape, tokensPerSecond) };
};

describe('the dial', () => {
  it.each([1, 2, 3, 4, 5, 6, 8, 12, 24])('depth %i gives a model that can be built', (depth) => {
    const { architecture } = derive(`architecture: {depth: ${depth}}`).shape;
    expect(architecture.hiddenSize).toBe(32 * depth);
    expect(architecture.hiddenSize % architecture.numHeads).toBe(0);
  });

  it.each([64, 128, 192, 256, 288, 384, 768, 100, 32])('a width of %i gets heads that divide it', (hiddenSize) => {
    const { architecture } = derive(`architecture: {hiddenSize: ${hiddenSize}}`).shape;
    expect((hiddenSize / architecture.numHeads) % 2).toBe(0);
  });

  it('follows from the minutes', () => {
    expect(derive('training: {minutes: 4}').shape.architecture.numLayers).toBe(4);
    expect(derive('training: {minutes: 60}').shape.architecture.numLayers).toBe(6);
    expect(derive('training: {minutes: 0.02}').shape.architecture.numLayers).toBe(2);
  });
});

describe('the horizon', () => {
  it('is minutes times measured speed, in whole steps', () => {
    const { horizon, shape } = derive('training: {minutes: 4}');
    expect(horizon.training.steps).toBe(Math.round((4 * 60 * 10_000) / shape.batchTokens));
  });

  it('ends after ten passes over little text, and drops out where text repeats', () => {
    const { horizon } = derive('training: {minutes: 60}', 100_000);
    expect(horizon.epochs).toBeGreaterThan(8);
    expect(horizon.epochs).toBeLessThan(12);
    expect(horizon.training.dropout).toBe(0.1);
    expect(derive('training: {minutes: 1}', 100_000_000).horizon.training.dropout).toBe(0);
  });

  it('gives embeddings a greater rate where Muon has the matrices', () => {
    const rate = (yaml: string) => derive(yaml).horizon.training.learningRate;
    expect(rate('') / rate('training: {optimizer: adamw}')).toBeCloseTo(10, 1);
  });

  it('says where every setting comes from', () => {
    const { horizon, shape } = derive('training: {learningRate: 0.001}\nseed: 7');
    const all = [...shape.settings, ...horizon.settings];
    const of = (key: string) => all.find((setting) => setting.key === key);
    expect(of('seed')).toMatchObject({ value: 7, from: 'set' });
    expect(of('training.learningRate')).toMatchObject({ value: 0.001, from: 'set' });
    expect(of('architecture.hiddenSize')).toMatchObject({ from: 'derived', how: '32·depth' });
    expect(of('training.beta2')).toMatchObject({ from: 'default' });
    expect(of('finetuning.steps')).toMatchObject({ from: 'derived' });
    for (const { from, how } of all) if (from === 'derived') expect(how).toBeTruthy();
    expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
  });
});
