import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { families } from '../src/model/architecture/index.js';
import { ggufFamilies } from '../src/model/exchange/index.js';
import { repositoryRoot } from './support.js';

const golden = ['hf-decoders', 'hf-encoders', 'hf-encoder-decoders'].flatMap((group) =>
  readdirSync(join(repositoryRoot, 'test/golden', group)).map((name) =>
    join(repositoryRoot, 'test/golden', group, name),
  ),
);

/** How many recorded models of transformers judge a `model_type`. */
function judges(modelType: string): number {
  const types = golden
    .map((folder) => join(folder, 'config.json'))
    .filter((path) => existsSync(path))
    .map((path) => JSON.parse(readFileSync(path, 'utf8')).model_type as string);
  return types.filter((type) => type === modelType).length;
}

function table(): string {
  const lines = Object.entries(families).flatMap(([name, { kind, modelTypes }]) =>
    modelTypes.map((type) => {
      const gguf = Object.values(ggufFamilies).some(({ architecture }) => architecture === type) ? 'in and out' : 'no';
      const onnx = kind === 'encoder-decoder' ? 'no' : 'out';
      return `| \`${type}\` | ${kind} | \`${name}\` | in and out | ${gguf} | ${onnx} | ${judges(type)} |`;
    }),
  );
  return [
    '| `model_type` | kind | family | safetensors | GGUF | ONNX | recorded models of transformers |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

it('docs/models.md lists the families as they are', () => {
  const path = join(repositoryRoot, 'docs/models.md');
  const text = readFileSync(path, 'utf8');
  const wanted = text.replace(
    /(<!-- generated -->\n)[\s\S]*?(<!-- end -->)/,
    (_, open, close) => `${open}${table()}\n${close}`,
  );
  if (process.env.UPDATE_DOCS) writeFileSync(path, wanted);
  else expect(text, 'run UPDATE_DOCS=1 npx vitest run test/support-table.test.ts').toBe(wanted);
});
