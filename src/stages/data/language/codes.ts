/** Codes that Unicode's aliases would turn into something other than ISO 639-1 or 639-3. */
const own: Readonly<Record<string, string>> = {
  // Norwegian without a form: nearly always Bokmål.
  no: 'nb',
  nor: 'nb',
  fil: 'tl',
  tgl: 'tl',
  sh: 'hbs',
  mo: 'ro',
  bh: 'bho',
  iw: 'he',
  in: 'id',
  ji: 'yi',
  zlm: 'ms',
  // Fulah under its varieties.
  fuf: 'ff',
  fuv: 'ff',
  fuc: 'ff',
};

/**
 * A language code as it is given here: ISO 639-1 where the language, or the macrolanguage that it stands for in Unicode's
 * alias table, has one (`arb` and `ara` are `ar`, `cmn` is `zh`), else ISO 639-3. Region and script are dropped. What is no
 * code comes back as it was, in lower case.
 */
export function languageCode(code: string): string {
  const base = code
    .trim()
    .toLowerCase()
    .split(/[-_.@]/, 1)[0]!;
  const known = own[base];
  if (known !== undefined) return known;
  if (!/^[a-z]{2,3}$/.test(base)) return base;
  const canonical = Intl.getCanonicalLocales(base)[0]!.split('-', 1)[0]!;
  const mapped = own[canonical] ?? canonical;
  return mapped.length === 2 ? mapped : base;
}

const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** English name of a language, or its code where the runtime knows none. */
export function languageName(code: string): string {
  return names.of(code) ?? code;
}
