import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Document } from '../document.js';
import { type SourceDefinition, defineSource } from './source.js';
import { type StepDefinition, type Verdict, defineStep } from './step.js';

/** Steps and sources that this room's tests drive. */

const shout = defineStep({
  kind: 'document',
  name: 'shout',
  summary: 'Upper-cases; drops texts with "quiet", cuts texts at "|" into several, throws at "throw".',
  version: 1,
  options: z.strictObject({ mark: z.string().default('!') }),
  create: ({ mark }) => ({
    apply(document) {
      if (document.text.includes('throw')) throw new Error('told to throw');
      if (document.text.includes('quiet')) return { drop: 'quiet', detail: 'a quiet text' };
      if (!document.text.includes('|')) return { ...document, text: `${document.text.toUpperCase()}${mark}` };
      return document.text.split('|').map((text, i): Document => ({ ...document, id: `${document.id}.${i}`, text }));
    },
  }),
});

const later = defineStep({
  kind: 'document',
  name: 'later',
  summary: 'Answers in a promise.',
  version: 1,
  options: z.strictObject({}),
  create: () => ({ apply: async (document) => document }),
});

const slow = defineStep({
  kind: 'document',
  name: 'slow',
  summary: 'Takes its time.',
  version: 1,
  options: z.strictObject({ ms: z.number() }),
  create: ({ ms }) => ({
    apply(document) {
      for (const end = performance.now() + ms; performance.now() < end; );
      return document;
    },
  }),
});

const dangerous = defineStep({
  kind: 'document',
  name: 'dangerous',
  summary: 'Ends its process in the way that a text names.',
  version: 1,
  options: z.strictObject({ once: z.string().optional() }),
  create: ({ once }) => ({
    apply(document) {
      const { text } = document;
      if (text.includes('die: once') && once && !existsSync(once)) {
        writeFileSync(once, 'died');
        process.exit(7);
      }
      if (text.includes('die: never')) return new Promise<Document>(() => undefined);
      if (text.includes('die: exit')) process.exit(0);
      if (text.includes('die: abort')) process.abort();
      if (text.includes('die: segv')) process.kill(process.pid, 'SIGSEGV');
      if (text.includes('die: memory')) {
        const kept: unknown[] = [];
        const row = `[${'0.5,'.repeat(500_000)}1]`;
        for (;;) kept.push(JSON.parse(row));
      }
      if (text.includes('die: loop')) for (;;);
      return document;
    },
  }),
});

const copies = defineStep({
  kind: 'corpus',
  name: 'copies',
  summary: 'Drops all but the first of equal texts, and the words "cut me" of others.',
  version: 1,
  options: z.strictObject({ slow: z.number().default(0) }),
  create: ({ slow }) => ({
    summarize: (document) => {
      const at = document.text.indexOf('cut me');
      const hash = createHash('sha256').update(document.text).digest().subarray(0, 16);
      return Buffer.concat([hash, Buffer.from(Int32Array.of(at).buffer)]);
    },
    async *decide(summaries, { documents, onProgress }) {
      const first = new Set<string>();
      let seen = 0;
      if (slow > 0) await new Promise((resolve) => setTimeout(resolve, slow));
      for await (const { index, bytes } of summaries()) {
        if (++seen % 100 === 0) onProgress?.({ stage: 'compare', done: seen, total: documents, unit: 'documents' });
        const key = Buffer.from(bytes.subarray(0, 16)).toString('hex');
        const at = Buffer.from(bytes).readInt32LE(16);
        if (first.has(key)) yield { index, drop: 'copy', detail: `of ${key.slice(0, 8)}` } satisfies Verdict;
        else if (at >= 0) yield { index, remove: [[at, at + 6]], metadata: { cut: 6 } } satisfies Verdict;
        first.add(key);
      }
    },
  }),
});

const numbers = defineSource<{ count: number; tasks: number; failing?: string; kill?: number; cursors: boolean }>({
  kind: 'numbers',
  summary: 'Texts with a number each, in tasks.',
  version: 1,
  options: z.strictObject({
    count: z.int(),
    tasks: z.int().default(1),
    failing: z.string().optional(),
    kill: z.int().optional(),
    cursors: z.boolean().default(false),
  }) as never,
  create: ({ count, tasks, failing, kill, cursors }) => ({
    tasks: async () => Array.from({ length: tasks }, (_, i) => ({ id: `task ${i}`, spec: i, bytes: count * 20 })),
    async *read({ spec, id }, { cursor, onReject }) {
      for (let i = (cursor as number | undefined) ?? 0; i < count; i++) {
        if (i % 10 === 9) onReject({ source: id, line: i, reason: 'ends in nine' });
        if (failing && i === 5 && existsSync(failing)) throw Object.assign(new Error('no disk'), { syscall: 'read' });
        if (kill === i && spec === 0) process.exit(3);
        const document = { id: `${spec}-${i}`, text: `number ${i % 7 === 0 ? 'seven' : `${spec} ${i}`}`, source: id };
        yield cursors && i % 3 === 0 ? { document, cursor: i + 1 } : { document };
      }
    },
  }),
});

export const steps: readonly StepDefinition[] = [shout, later, slow, dangerous, copies];
export const sources: readonly SourceDefinition[] = [numbers];
