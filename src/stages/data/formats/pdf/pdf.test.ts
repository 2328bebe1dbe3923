import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../../../test/support.js';
import { Vocabulary, joinLines } from './hyphens.js';
import { pdfText } from './read.js';

interface Text {
  readonly x: number;
  /** From the bottom of the page. */
  readonly y: number;
  readonly text: string;
  readonly size?: number;
}

/** A PDF file of pages of text in Courier, whose letters are 0.6 of their size wide. */
function makePdf(pages: readonly (readonly Text[])[], rotate = 0): Uint8Array {
  const objects: string[] = [];
  const kids = pages.map((_, i) => `${4 + 2 * i} 0 R`).join(' ');
  objects[1] = '<< /Type /Catalog /Pages 2 0 R >>';
  objects[2] = `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`;
  objects[3] = '<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>';
  pages.forEach((texts, i) => {
    const content = texts
      .map(({ x, y, text, size = 10 }) => {
        const escaped = text.replace(/[\\()]/g, '\\$&');
        return `BT /F1 ${size} Tf 1 0 0 1 ${x} ${y} Tm (${escaped}) Tj ET`;
      })
      .join('\n');
    objects[4 + 2 * i] =
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Rotate ${rotate} /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 2 * i} 0 R >>`;
    objects[5 + 2 * i] = `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
  });
  let file = '%PDF-1.4\n';
  const places = objects.map((object, number) => {
    const at = file.length;
    if (object) file += `${number} 0 obj\n${object}\nendobj\n`;
    return at;
  });
  const start = file.length;
  const rows = places.slice(1).map((at) => `${String(at).padStart(10, '0')} 00000 n \n`);
  file += `xref\n0 ${places.length}\n0000000000 65535 f \n${rows.join('')}`;
  file += `trailer << /Size ${places.length} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}

const column = (x: number, from: number, lines: readonly string[], size = 10): Text[] =>
  lines.map((text, i) => ({ x, y: from - 12 * i, text, size }));
const filler = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${name} line ${String(i).padStart(2, '0')} runs on and on`);

describe('reading order', () => {
  it('title across, two columns, notes after their column, text that goes on in the next', async () => {
    const left = [...filler('left', 11), 'and the last word is hyphen-'];
    const right = ['ated over there by the way ok.', ...filler('right', 11)];
    const page: Text[] = [
      ...column(330, 690, right),
      { x: 60, y: 740, text: 'A title that goes across both columns of it', size: 18 },
      ...column(60, 690, left),
      { x: 60, y: 540, text: '1 A note below the left column of', size: 7 },
      { x: 60, y: 532, text: 'the page in small letters.', size: 7 },
    ];
    const { text } = await pdfText(makePdf([page]));
    expect(text.split('\n\n')).toEqual([
      'A title that goes across both columns of it',
      [...filler('left', 11), 'and the last word is hyphenated over there by the way ok.', ...filler('right', 11)].join(
        ' ',
      ),
      '1 A note below the left column of the page in small letters.',
    ]);
  });

  it('drops headers, footers and page numbers that repeat, whatever number they have', async () => {
    const pages = [1, 2, 3, 4].map((number) => [
      { x: 60, y: 770, text: number % 2 ? 'Annals of Eggs' : `Hen et al. ${2020 + number}` },
      ...column(60, 700, [`Page ${number} has its own text,`, 'which ends here.']),
      { x: 290, y: 30, text: `- ${number + 97} -` },
    ]);
    expect((await pdfText(makePdf(pages))).text).toBe(
      [1, 2, 3, 4].map((number) => `Page ${number} has its own text, which ends here.`).join('\n\n'),
    );
  });

  it('paragraphs by indent, hanging indents, bullets; tables as rows', async () => {
    const lines: Text[] = [
      { x: 70, y: 700, text: 'First paragraph begins indented' },
      ...column(60, 688, ['and goes on at the left margin a', 'line more than that and again so.']),
      { x: 70, y: 664, text: 'Second one begins the same here' },
      ...column(60, 652, ['and goes on at the margin as well.']),
      ...column(60, 610, ['Hen A. 1999. On eggs and on other']),
      { x: 80, y: 598, text: 'things that lie in nests.' },
      { x: 80, y: 586, text: 'Farm Press, Henville.' },
      ...column(60, 574, ['Owl B. 2001. A second reference to']),
      { x: 80, y: 562, text: 'see where it begins.' },
      ...['hen', 'Berta', 'Frida'].flatMap((name, i) => [
        { x: 60, y: 520 - 12 * i, text: name },
        { x: 200, y: 520 - 12 * i, text: i ? `${i * 3}` : 'eggs' },
      ]),
      ...column(60, 460, ['- a bullet', '- another']),
    ];
    expect((await pdfText(makePdf([lines]))).text.split('\n\n')).toEqual([
      'First paragraph begins indented and goes on at the left margin a line more than that and again so.',
      'Second one begins the same here and goes on at the margin as well.',
      'Hen A. 1999. On eggs and on other things that lie in nests. Farm Press, Henville.',
      'Owl B. 2001. A second reference to see where it begins.',
      'hen | eggs\nBerta | 3\nFrida | 6',
      '- a bullet',
      '- another',
    ]);
  });

  it('reads pages that are turned', async () => {
    const texts = column(60, 700, ['turned pages are read', 'as they are looked at.']);
    for (const turn of [90, 180, 270]) {
      expect((await pdfText(makePdf([texts], turn))).text).toBe('turned pages are read as they are looked at.');
    }
  });

  it('joins words at the ends of lines as the document writes them elsewhere', () => {
    const words = new Vocabulary();
    words.add(
      'outputs well-known state-of-the-art non-native non-white non-human question answers down stream proof-of-work',
    );
    words.add('question answers native stream');
    const join = (left: string, right: string) => joinLines(left, right, words);
    expect(join('model out-', 'puts are')).toBe('model outputs are');
    expect(join('a well-', 'known fact')).toBe('a well-known fact');
    expect(join('state-of-', 'the-art')).toBe('state-of-the-art');
    expect(join('a non-', 'native word')).toBe('a non-native word');
    expect(join('question-', 'answers')).toBe('question-answers');
    expect(join('ever-', 'ything')).toBe('everything');
    expect(join('Anglo-', 'Saxon')).toBe('Anglo-Saxon');
    expect(join('soft\u00ad', 'ware')).toBe('software');
    expect(join('no hyphen', 'here')).toBe('no hyphen here');
    expect(join('1990-', '2000')).toBe('1990-2000');
  });
});

describe('files that give no text', () => {
  it('say why', async () => {
    await expect(pdfText(Buffer.from('%PDF-1.4\nnothing'))).rejects.toThrow(/broken PDF file/);
    await expect(pdfText(Buffer.from('text'))).rejects.toThrow(/no PDF header/);
    await expect(pdfText(makePdf([[], []]))).rejects.toThrow(/no text on 2 pages: scanned images\?/);
    const long = makePdf(Array.from({ length: 30 }, () => column(60, 700, ['x'])));
    const { defaultLimits } = await import('../limits.js');
    await expect(pdfText(long, { limits: { ...defaultLimits, pages: 29 } })).rejects.toThrow(/over the limit pages/);
    await expect(pdfText(long, { limits: { ...defaultLimits, seconds: 1e-9 } })).rejects.toThrow(/took longer/);
  });
});

/** Words of a text, compounds as one: what a hyphen at a line's end means is judged by the tests above, not by this reference. */
const wordsOf = (text: string) =>
  text
    .normalize('NFKC')
    .replace(/(?<=[\p{L}\p{N}])[-\u2010]\s?(?=[\p{L}\p{N}])/gu, '')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/** How many runs of five words of a text another has. */
function sharedRuns(words: readonly string[], reference: readonly string[]): number {
  const runs = (list: readonly string[]) => list.slice(4).map((_, i) => list.slice(i, i + 5).join(' '));
  const counts = new Map<string, number>();
  for (const run of runs(words)) counts.set(run, (counts.get(run) ?? 0) + 1);
  let both = 0;
  for (const run of runs(reference)) {
    const left = counts.get(run) ?? 0;
    if (left > 0) both++;
    counts.set(run, left - 1);
  }
  return both;
}

describe('real papers, beside poppler and unpdf', () => {
  const papers: [string, number][] = [
    ['bitcoin.pdf', 0.98],
    ['bbq-paper.pdf', 0.915],
  ];
  for (const [name, least] of papers) {
    it(name, async (context) => {
      const path = testData(context, 'crawl', 'pdf', name);
      const bytes = await readFile(path);
      const poppler = await readFile(`${path}.poppler.txt`, 'utf8');
      // Running text: blocks of 40 words or more. Tables, diagrams and formulas have no order that all would agree on.
      const prose = poppler
        .split(/\n\s*\n/)
        .map(wordsOf)
        .filter((block) => block.length >= 40);
      const { extractText, getDocumentProxy } = await import('unpdf');
      const plain = await extractText(await getDocumentProxy(new Uint8Array(bytes)), { mergePages: true });
      const ours = wordsOf((await pdfText(bytes)).text);
      const theirs = wordsOf(plain.text as string);
      const share = (words: readonly string[]) =>
        prose.reduce((sum, block) => sum + sharedRuns(words, block), 0) /
        prose.reduce((sum, block) => sum + block.length - 4, 0);
      const figures = {
        words: prose.flat().length,
        ours: share(ours),
        unpdf: share(theirs),
        runs: sharedRuns(ours, wordsOf(poppler)),
      };
      if (process.env.ABOVO_PRINT) console.log(name, figures);
      expect(figures.ours).toBeGreaterThan(least);
      expect(figures.ours).toBeGreaterThan(figures.unpdf);
    });
  }
});
