/** Where the sentences of a text start and end: pairs of UTF-16 places, white space left out. */
export function sentenceSpans(text: string): number[] {
  const spans: number[] = [];
  let start = -1;
  let end = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 10 || unit === 13 || unit === 0x2028 || unit === 0x2029) {
      if (start >= 0) spans.push(start, end);
      start = -1;
      continue;
    }
    if (isSpace(unit)) continue;
    if (start < 0) start = at;
    end = at + 1;
    if (!isTerminal(unit)) continue;
    while (at + 1 < text.length && isAfterTerminal(text.charCodeAt(at + 1))) at++;
    end = at + 1;
    // A full stop inside a word or number (3.14, example.org) ends nothing; a wide one needs no space after it.
    if (unit < 0x2000 && at + 1 < text.length && !isSpace(text.charCodeAt(at + 1))) continue;
    spans.push(start, end);
    start = -1;
  }
  if (start >= 0) spans.push(start, end);
  return spans;
}

function isSpace(unit: number): boolean {
  return (
    unit === 32 || (unit >= 9 && unit <= 13) || unit === 0xa0 || unit === 0x3000 || unit === 0x2028 || unit === 0x2029
  );
}

// . ! ? … 。 ！ ？ ｡ । ॥ ؟ ۔ ። ։ ។
const terminals = new Set([
  0x2e, 0x21, 0x3f, 0x2026, 0x3002, 0xff01, 0xff1f, 0xff61, 0x964, 0x965, 0x61f, 0x6d4, 0x1362, 0x589, 0x17d4,
]);
// Closing quotes and brackets.
const closers = new Set([0x22, 0x27, 0x29, 0x5d, 0x7d, 0x2019, 0x201d, 0xbb, 0x300d, 0x300f, 0xff09]);

function isTerminal(unit: number): boolean {
  return terminals.has(unit);
}

function isAfterTerminal(unit: number): boolean {
  return terminals.has(unit) || closers.has(unit);
}
