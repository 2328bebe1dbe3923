import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { findSource, findStep, sourceKinds, stepNames } from './table.js';

const page = readFileSync(join(repositoryRoot, 'docs/data.md'), 'utf8');

describe('the table of sources and steps', () => {
  it.each(sourceKinds)('loads the source %s, which the documentation knows', async (kind) => {
    const { definition } = await findSource(kind, '.');
    expect(definition.kind).toBe(kind);
    expect(page).toContain(`| \`${kind}\` | ${definition.summary} |`);
  });

  it.each(stepNames)('loads the step %s, which the documentation knows', async (name) => {
    const { definition } = await findStep(name, '.');
    expect(definition.name).toBe(name);
    expect(page).toContain(`| \`${name}\` | ${definition.kind} | ${definition.summary} |`);
  });

  it('has each name once, and says which is near to one that it has not', async () => {
    expect(new Set(stepNames).size).toBe(stepNames.length);
    await expect(findStep('exactDedupe', '.')).rejects.toThrow(/did you mean "exactDedup"/);
    await expect(findSource('warcs', '.')).rejects.toThrow(/did you mean "warc"[\s\S]*known are/);
  });
});
