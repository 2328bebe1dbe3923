import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from './support.js';

const src = join(repositoryRoot, 'src');

/** What each room may import besides base/core and base/contract (which every room may). */
const rooms: Record<string, string> = {
  'base/core': '',
  'base/contract': '',
  'base/artifact': '',
  'base/charter': '',
  'base/worker': '',
  'base/net': '',
  'base/report': '',
  'compiler/tensor': '',
  'compiler/ir': 'tensor',
  'compiler/autodiff': 'ir tensor',
  'compiler/onnx': 'ir tensor',
  'compiler/runtime': 'ir onnx tensor worker',
  'model/tokenizer': 'artifact worker',
  'model/nn': 'ir tensor',
  'model/architecture': 'nn ir tensor runtime artifact',
  'model/adapter': 'architecture nn ir tensor artifact',
  'model/inference': 'architecture adapter ir tensor runtime',
  'model/generation': 'inference tokenizer',
  'model/classic': 'tensor artifact worker',
  'model/exchange': 'tokenizer architecture adapter inference onnx tensor artifact net',
  'stages/data': 'tokenizer generation classic charter artifact worker net report',
  'stages/training': 'architecture adapter nn autodiff ir tensor runtime artifact',
  'stages/alignment':
    'training generation inference architecture adapter nn ir tensor runtime tokenizer artifact worker',
  'stages/evaluation': 'generation inference classic tokenizer charter artifact worker report',
  'stages/compression': 'training inference architecture nn onnx ir tensor runtime artifact',
  'stages/release': 'exchange architecture tokenizer charter artifact report',
  'service/telemetry': '',
  'service/serving': 'generation tokenizer artifact telemetry',
  'service/monitoring': 'telemetry report',
  'service/feedback': 'telemetry artifact',
  'service/metering': 'telemetry',
  'app/recipes': '*',
  'app/launch': 'recipes artifact',
  'app/cli': '*',
  'app/studio': 'recipes report artifact telemetry',
};

/** Files over 400 lines, each with its reason. */
const longFiles: Record<string, string> = {};

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name));
const roomOf = (path: string) => relative(src, path).split('/').slice(0, 2).join('/');
const importsOf = (text: string) =>
  [
    ...text
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .matchAll(
        /^\s*(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm,
      ),
  ].map((m) => (m[1] ?? m[2] ?? m[3]) as string);

describe('architecture', () => {
  it.each(files.map((path) => relative(src, path)))('%s', (name) => {
    const path = join(src, name);
    const text = readFileSync(path, 'utf8');
    const room = roomOf(path);
    expect(Object.keys(rooms), `${name}: unknown room`).toContain(room);
    const isTest = name.endsWith('.test.ts');
    const allowed = new Set(['core', 'contract', ...(rooms[room] as string).split(' ')]);
    for (const target of importsOf(text)) {
      if (target.startsWith('.')) {
        const to = roomOf(resolve(dirname(path), target));
        if (to === room || isTest) continue;
        const short = to.split('/')[1] as string;
        expect(allowed.has('*') || allowed.has(short), `${name} may not import ${to}`).toBe(true);
        expect(
          relative(src, resolve(dirname(path), target)),
          `${name}: other rooms are imported through their index`,
        ).toMatch(/^[a-z]+\/[a-z]+\/(?:[a-z]+\/)?index(\.node)?\.js$/);
      }
      if (target.startsWith('onnxruntime')) expect(name).toMatch(/^compiler\/runtime\/ort/);
      const browser = /^(compiler|model)\//.test(name) && !/\.node(\.test)?\.ts$/.test(name) && !isTest;
      if (browser)
        expect(target, `${name} runs in browsers: node: only in *.node.ts`).not.toMatch(/^node:|\.node\.js$/);
    }
    expect(text, `${name}: no default exports`).not.toMatch(/^export default /m);
    expect(text, `${name}: no export *`).not.toMatch(/^export \* /m);
    if (!longFiles[name])
      expect(text.split('\n').length, `${name}: over 400 lines without a reason`).toBeLessThanOrEqual(401);
  });

  it('every room with code opens with an index of one sentence and an example', () => {
    for (const room of new Set(files.map(roomOf))) {
      const index = join(
        src,
        room,
        statSync(join(src, room, 'index.ts'), { throwIfNoEntry: false }) ? 'index.ts' : 'index.node.ts',
      );
      expect(readFileSync(index, 'utf8'), room).toMatch(/^\/\*\*[\s\S]*@module/);
    }
  });
});
