import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decoderModelTypes, families, ownModelType } from '../src/model/architecture/index.js';
import type { DecoderModelType } from '../src/model/architecture/index.js';
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
  const own = Object.entries(families).filter(([, { modelTypes }]) => modelTypes.includes(ownModelType));
  const lines = Object.entries(families).flatMap(([name, { kind, modelTypes }]) =>
    modelTypes.flatMap((type) => {
      if (type === ownModelType) return [];
      const gguf = Object.values(ggufFamilies).some(({ architecture }) => architecture === type.replace(/_text$/, ''))
        ? 'in and out'
        : 'no';
      return `| \`${type}\` | ${kind} | \`${name}\` | in and out | ${gguf} | out | ${judges(type)} |`;
    }),
  );
  return [
    '| `model_type` | kind | family | safetensors | GGUF | ONNX | recorded models of transformers |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    `| \`${ownModelType}\` | decoder | ${own.map(([name]) => `\`${name}\``).join(', ')} | in and out | no | out | 0 |`,
  ].join('\n');
}

/** What tells decoders apart, from the table that decides which class computes a configuration. */
function switches(): string {
  const shown = (values: readonly unknown[]) =>
    values.map((value) => (typeof value === 'boolean' ? (value ? 'all' : 'none') : value));
  const windows = { none: 'no', all: 'in all layers', any: 'in any layers' };
  const lines = Object.entries(decoderModelTypes).map(([name, type]: [string, DecoderModelType]) => {
    const others = [
      type.qkNorm && '`qkNorm`',
      type.gemmaScales && '`gemmaScales`',
      type.postNorms && '`postNorms`',
      type.scaled && '`attentionScalar`',
      type.attentionSoftcap && '`attentionSoftcap`',
      type.logitSoftcap && '`logitSoftcap`',
      type.localTheta && '`localRopeTheta`',
    ].filter(Boolean);
    const biases =
      type.family === 'llama'
        ? `${shown(type.attentionBias).join(' or ')}; ${shown(type.mlpBias).join(' or ')}`
        : 'everywhere';
    return `| \`${name}\` | ${type.positions} | ${windows[type.windows]} | ${biases} | ${others.join(', ')} |`;
  });
  return [
    '| `model_type` | `positions` | `window` | biases of attention; feed-forward | switches |',
    '|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

it('docs/models.md lists the families as they are', () => {
  const path = join(repositoryRoot, 'docs/models.md');
  const text = readFileSync(path, 'utf8');
  const wanted = text
    .replace(/(<!-- generated -->\n)[\s\S]*?(<!-- end -->)/, (_, open, close) => `${open}${table()}\n${close}`)
    .replace(/(<!-- switches -->\n)[\s\S]*?(<!-- end -->)/, (_, open, close) => `${open}${switches()}\n${close}`);
  if (process.env.UPDATE_DOCS) writeFileSync(path, wanted);
  else expect(text, 'run UPDATE_DOCS=1 npx vitest run test/support-table.test.ts').toBe(wanted);
});
