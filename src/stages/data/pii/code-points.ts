/** Spans with offsets counted in Unicode code points instead of UTF-16 units. Spans are in ascending order. */
export function toCodePoints<T extends { readonly start: number; readonly end: number }>(
  text: string,
  spans: readonly T[],
): T[] {
  let unit = 0;
  let point = 0;
  const at = (target: number): number => {
    while (unit < target) {
      const code = text.charCodeAt(unit);
      const next = text.charCodeAt(unit + 1);
      unit += code >= 0xd800 && code <= 0xdbff && next >= 0xdc00 && next <= 0xdfff ? 2 : 1;
      point++;
    }
    return point;
  };
  return spans.map((span) => {
    const start = at(span.start);
    return { ...span, start, end: at(span.end) };
  });
}
