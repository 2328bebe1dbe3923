/** Words that are said between two seconds of a video. */
export interface Cue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const timeLine =
  /^(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})\s+-->\s+(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})(?:\s.*)?$/;

const seconds = (hours: string | undefined, minutes: string, whole: string, part: string): number =>
  Number(hours ?? 0) * 3600 + Number(minutes) * 60 + Number(whole) + Number(part.padEnd(3, '0')) / 1000;

/** Entities and marks (`<i>`, `<v Ann>`, `{\an8}`) taken out. */
const plain = (line: string): string =>
  line
    .replace(/<[^<>]{0,200}>|\{\\[^{}]{0,100}\}/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .trim();

/**
 * Cues of SubRip (.srt) and WebVTT (.vtt) files, in the order of their starts. Lines that repeat the cue before (as rolling captions do) are
 * said once. Blocks without a time are passed over.
 */
export function parseSubtitles(text: string): Cue[] {
  const cues: Cue[] = [];
  let said: string[] = [];
  for (const block of text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split(/\n[ \t]*\n+/)) {
    const lines = block.split('\n');
    const at = lines.findIndex((line) => line.includes('-->'));
    const match = at < 0 || at > 2 ? null : timeLine.exec(lines[at]!.trim());
    if (!match) continue;
    const [, h1, m1, s1, p1, h2, m2, s2, p2] = match as unknown as string[];
    const start = seconds(h1, m1!, s1!, p1!);
    const end = seconds(h2, m2!, s2!, p2!);
    const spoken = lines
      .slice(at + 1)
      .map(plain)
      .filter(Boolean);
    const fresh = spoken.filter((line) => !said.includes(line));
    if (spoken.length > 0) said = spoken;
    if (fresh.length > 0 && end > start) cues.push({ start, end, text: fresh.join('\n') });
  }
  return cues.sort((a, b) => a.start - b.start);
}
