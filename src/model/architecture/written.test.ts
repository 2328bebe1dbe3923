import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { loadModel, saveModel } from './index.node.js';

// test/golden/check.py wrote these sums after it had loaded the very files in transformers and found the same outputs.
describe.each(['hf-decoders', 'hf-encoders'])('%s', async (group) => {
  const golden = join(repositoryRoot, 'test/golden', group);
  const { files } = JSON.parse(await readFile(join(golden, 'written.json'), 'utf8')) as {
    files: Record<string, Record<string, string>>;
  };

  it.each(Object.entries(files))('%s is written as transformers was seen to read it', async (name, sums) => {
    const folder = await mkdtemp(join(tmpdir(), 'abovo-written-'));
    const { config, params } = await loadModel(join(golden, name));
    await saveModel(folder, config, params);
    for (const [file, sum] of Object.entries(sums)) {
      const bytes = await readFile(join(folder, file));
      expect(createHash('sha256').update(bytes).digest('hex'), `${name}/${file}`).toBe(sum);
    }
    await rm(folder, { recursive: true });
  });
});
