import { resolve } from 'node:path';
import { defineStep } from '../pipeline/index.js';
import { applyActions } from './actions/index.js';
import { createEngine, keyFrom, piiOptions, readRecognizers } from './options.js';

/** Finds personal data and secrets in documents and redacts, masks, hashes or substitutes them. */
export const piiStep = defineStep({
  kind: 'document',
  name: 'pii',
  summary: 'Finds personal data and secrets and redacts, masks, hashes or substitutes them.',
  version: 1,
  options: piiOptions,
  async create(options, { folder }) {
    const own = options.recognizers ? await readRecognizers(resolve(folder, options.recognizers)) : [];
    const engine = await createEngine(options, own);
    const key = keyFrom(options.keyEnv);
    // A wrong combination is told before the first document, not at the first name.
    if (
      [options.action, ...Object.values(options.actions)].some((action) => action === 'hash' || action === 'substitute')
    ) {
      applyActions('x', [{ start: 0, end: 1, type: 'PERSON', score: 1, rule: '' }], { action: 'hash', key });
    }
    return {
      apply(document) {
        const spans = engine.analyze(document.text);
        if (spans.length === 0) return document;
        const text = applyActions(document.text, spans, { action: options.action, actionOf: options.actions, key });
        const counts: Record<string, number> = {};
        for (const { type } of spans) counts[type] = (counts[type] ?? 0) + 1;
        return { ...document, text, metadata: { ...document.metadata, pii: counts } };
      },
    };
  },
});

export const steps = [piiStep];
