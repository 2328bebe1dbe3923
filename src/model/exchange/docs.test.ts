import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { exportFormats, importFormats } from './index.node.js';
import type { ExportFormat, ImportFormat } from './index.node.js';
import { ggufFamilies, ggufTokenizers, ggufTypes, preTokenizers, storageOf } from './index.js';
import type { GgufTypeName } from './index.js';

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [
    '',
    `| ${head.join(' | ')} |`,
    `|${'---|'.repeat(head.length)}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
  ].join('\n');

const titles: Readonly<Record<ImportFormat | ExportFormat, string>> = {
  huggingface: 'Hugging Face folder',
  gguf: 'GGUF',
  onnx: 'ONNX',
  llama2c: 'llama2.c',
};

/** What a byte-level tokenizer is cut by, in words. */
const cutText = (cut: (typeof preTokenizers)[number]['cuts'][number]) =>
  cut === 'digits' ? 'each digit' : `\`${cut.pattern.replaceAll('|', '\\|')}\``;

const families: Readonly<Record<keyof typeof ggufFamilies, string>> = {
  llama: '`llama` (Llama, Mistral)',
  qwen2: '`llama` (Qwen 2)',
  qwen3: '`llama` (Qwen 3)',
  gemma: '`llama` (Gemma)',
  gemma2: '`llama` (Gemma 2)',
  gemma3: '`llama` (Gemma 3, its text)',
  gpt2: '`gpt2`',
  bert: '`bert`',
};

const generated: Readonly<Record<string, () => string>> = {
  formats: () =>
    table(
      ['format', '`import` reads', '`export` writes (`--to`, types, the default first)', 'for'],
      (Object.keys(titles) as (keyof typeof titles)[]).map((name) => {
        const written = (exportFormats as Partial<typeof exportFormats>)[name as ExportFormat];
        return [
          titles[name],
          (importFormats as Partial<typeof importFormats>)[name as ImportFormat] ?? '–',
          written ? `${written.makes}: \`${name}\`, ${written.types.join(', ')}` : '–',
          written?.readers ?? '–',
        ];
      }),
    ),
  types: () =>
    table(
      ['type', 'numbers in a block', 'bytes', 'bits a number', 'read', 'written'],
      (Object.keys(ggufTypes) as GgufTypeName[]).map((name) => {
        const { elements, bytes } = storageOf(name);
        const bits = String((8 * bytes) / elements);
        return [name, String(elements), String(bytes), bits, 'yes', ggufTypes[name].written ? 'yes' : '–'];
      }),
    ),
  families: () =>
    table(
      ['`general.architecture`', 'family here'],
      Object.values(ggufFamilies).map(({ architecture }) => [
        `\`${architecture}\``,
        families[architecture as keyof typeof families],
      ]),
    ),
  tokenizers: () =>
    table(
      ['`tokenizer.ggml.model`', 'tokenizer'],
      Object.entries(ggufTokenizers).map(([name, kind]) => [`\`${name}\``, kind]),
    ),
  pre: () =>
    table(
      ['`tokenizer.ggml.pre`', 'also read', 'cuts', 'whole pieces not merged'],
      preTokenizers.map(({ names, cuts, ignoreMerges }) => [
        `\`${names[0]}\``,
        names.slice(1).join(', ') || '–',
        cuts.map(cutText).join(', then '),
        ignoreMerges ? 'yes' : '–',
      ]),
    ),
};

it('docs/exchange.md lists formats, types and names as they are', () => {
  const path = join(repositoryRoot, 'docs/exchange.md');
  const text = readFileSync(path, 'utf8');
  const wanted = Object.entries(generated).reduce((page, [name, make]) => {
    const block = new RegExp(`(<!-- ${name}: .* -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
    expect(page, name).toMatch(block);
    return page.replace(block, (_, open, close) => `${open}${make()}\n${close}`);
  }, text);
  if (process.env.UPDATE_DOCS) writeFileSync(path, wanted);
  else expect(text, 'run UPDATE_DOCS=1 npx vitest run src/model/exchange/docs.test.ts').toBe(wanted);
});
