import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../../test/support.js';
import { c4, c4Options, mc4, mc4Options } from './c4.js';
import { fineweb, finewebOptions } from './fineweb.js';
import { gopherQuality, gopherQualityOptions } from './gopher-quality.js';
import { gopherRepetition, gopherRepetitionOptions } from './gopher-repetition.js';
import { type Finding, TextMeasure } from './text-measure.js';

type Row = readonly (string | true | null)[];
const golden = JSON.parse(readFileSync(join(repositoryRoot, 'test/golden/quality/verdicts.json'), 'utf8')) as {
  readonly columns: readonly string[];
  readonly c4_demo: readonly Row[];
  readonly wiki_demo: readonly Row[];
  readonly wikitext: readonly Row[];
  readonly generated: ReadonlyArray<{
    readonly name: string;
    readonly text: string;
    readonly words: number;
    readonly verdicts: Row;
  }>;
};

function first(findings: Iterable<Finding | undefined>): string | true {
  for (const finding of findings) if (finding) return finding.rule;
  return true;
}

/** What datatrove said, from our rules: verdict or reason of each filter, and what C4's rules leave. */
function judge(text: string): Row {
  const measure = new TextMeasure(text);
  const strict = c4(text, c4Options.parse({}));
  const loose = c4(text, c4Options.parse({ terminalPunctuation: false }));
  return [
    first(gopherQuality(measure, gopherQualityOptions.parse({}))),
    first(gopherRepetition(measure, gopherRepetitionOptions.parse({}))),
    strict.finding?.rule ?? true,
    loose.finding?.rule ?? true,
    mc4(text, mc4Options.parse({}))?.rule ?? true,
    first(fineweb(measure, finewebOptions.parse({}))),
    strict.finding ? null : createHash('sha256').update(strict.text).digest('hex').slice(0, 16),
  ];
}

describe('verdicts and reasons are datatrove’s', () => {
  it.each(golden.generated.map((item) => [item.name, item] as const))('on %s', (_, { text, verdicts }) => {
    expect(judge(text)).toEqual(verdicts);
  });

  it('on 240 web pages', (context) => {
    const lines = readFileSync(testData(context, 'pretrain/web-and-wiki-demo/c4_demo.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(lines.map((line) => judge((JSON.parse(line) as { text: string }).text))).toEqual(golden.c4_demo);
  });

  it('on articles of Wikipedia', (context) => {
    const lines = readFileSync(testData(context, 'pretrain/web-and-wiki-demo/wiki_demo.txt'), 'utf8')
      .split('\n')
      .filter(Boolean);
    const texts = lines.map((line) => (line.startsWith('{') ? (JSON.parse(line) as { text: string }).text : line));
    expect(texts.map(judge)).toEqual(golden.wiki_demo);
  });

  it('on pieces of WikiText', (context) => {
    const characters = Array.from(readFileSync(testData(context, 'pretrain/wikitext-2/valid.txt'), 'utf8'));
    const pieces = golden.wikitext.map((_, i) => characters.slice(i * 4000, (i + 1) * 4000).join(''));
    expect(pieces.map(judge)).toEqual(golden.wikitext);
  });
});

it('cover most reasons that there are', () => {
  const reasons = new Set(
    [...golden.c4_demo, ...golden.wikitext, ...golden.generated.map(({ verdicts }) => verdicts)].flatMap((row) =>
      row.slice(0, 6),
    ),
  );
  expect(reasons.size).toBeGreaterThan(25);
});
