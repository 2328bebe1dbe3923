import parse from 'spdx-expression-parse';

/** What the model is for, as far as licences care. */
export interface IntendedUse {
  /** Used by or sold to others for money, or inside a business. */
  readonly commercial: boolean;
  /** The data set itself, or texts changed from it, are handed on. */
  readonly redistribute?: boolean;
}

/** What a licence asks for, as its steward's text has it; no legal advice. */
export interface LicenceTerms {
  /** False where only non-commercial use is allowed, undefined where nothing is known. */
  readonly commercial?: boolean;
  /** False where changed copies may not be handed on. */
  readonly derivatives?: boolean;
  /** Changed copies must carry the same licence. */
  readonly shareAlike?: boolean;
  /** The author must be named. */
  readonly attribution?: boolean;
}

export interface LicenceFinding {
  readonly licence: string;
  /** `stop`: the use is not allowed; `warn`: not known, or with a condition that must be kept. */
  readonly severity: 'stop' | 'warn';
  readonly problem: string;
  readonly documents: number;
  readonly sources: readonly string[];
}

/** Documents under a licence. */
export interface LicenceCount {
  /** SPDX expression; absent or `NOASSERTION` where nobody said. */
  readonly licence?: string;
  readonly documents: number;
  readonly sources?: readonly string[];
}

const mostCharacters = 300;

// Licences that forbid commercial use and whose identifier does not say NC; BUSL forbids use in production.
const nonCommercial = /^(?:PolyForm-Noncommercial|NCGL-UK|BUSL|Aladdin)/;
const copyleft =
  /^(?:A?GPL|LGPL|GFDL|ODbL|CDLA-Sharing|EUPL|MPL|OSL|CECILL|SSPL|CC-BY(?:-NC)?-SA|CERN-OHL-[SW]|copyleft-next)/i;
const noCondition = /^(?:CC0|PDDL|Unlicense|0BSD|CC-PDDC|MIT-0|public-domain)/i;

function termsOfId(id: string): LicenceTerms | undefined {
  if (id === 'NOASSERTION' || id === 'NONE') return undefined;
  if (/^(?:DocumentRef-.*:)?LicenseRef-/.test(id)) {
    const name = id.replace(/^.*LicenseRef-/, '');
    // A name of one's own says only what it spells out.
    if (/(?:^|-)NC(?:-|$)|non-?commercial/i.test(name)) return { commercial: false };
    return noCondition.test(name)
      ? { commercial: true, derivatives: true, shareAlike: false, attribution: false }
      : undefined;
  }
  return {
    commercial: !(/(?:^|-)NC(?:-|$)/.test(id) || nonCommercial.test(id)),
    derivatives: !/(?:^|-)ND(?:-|$)/.test(id),
    shareAlike: copyleft.test(id),
    attribution: !noCondition.test(id),
  };
}

type Tree = ReturnType<typeof parse>;

/** Sides of an expression that may be chosen among: `MIT OR (A AND B)` are [MIT] and [A, B]. */
function alternatives(tree: Tree): string[][] {
  if ('license' in tree) return [[tree.license]];
  const left = alternatives(tree.left);
  const right = alternatives(tree.right);
  if (tree.conjunction === 'or') return [...left, ...right].slice(0, 64);
  return left.flatMap((one) => right.map((other) => [...one, ...other])).slice(0, 64);
}

/**
 * The licences of an SPDX expression, the sides that may be chosen among; undefined where it is none. Case is mended
 * where that is all that is wrong (`cc-by-4.0`, `apache-2.0`).
 */
export function licenceAlternatives(expression: string): string[][] | undefined {
  const text = expression.trim();
  if (text === '' || text.length > mostCharacters) return undefined;
  // Neither of these is part of an expression, but both are allowed where one is expected.
  if (text === 'NOASSERTION' || text === 'NONE') return [[text]];
  for (const attempt of [text, text.toUpperCase(), mendedCase(text)]) {
    try {
      return alternatives(parse(attempt));
    } catch {
      // The next spelling.
    }
  }
  return undefined;
}

function mendedCase(text: string): string {
  return text
    .toUpperCase()
    .replace(/\bAPACHE\b/g, 'Apache')
    .replace(/\bCLAUSE\b/g, 'Clause')
    .replace(/\bODBL\b/g, 'ODbL')
    .replace(/\bODC-BY\b/g, 'ODC-By')
    .replace(/\bCDLA-PERMISSIVE\b/g, 'CDLA-Permissive')
    .replace(/\bCDLA-SHARING\b/g, 'CDLA-Sharing')
    .replace(/\bGPL-(\d\.\d)-ONLY\b/g, 'GPL-$1-only')
    .replace(/\bGPL-(\d\.\d)-OR-LATER\b/g, 'GPL-$1-or-later')
    .replace(/\bUNLICENSE\b/g, 'Unlicense');
}

/** What all licences of one side ask for together; undefined where one is not known and none forbids. */
function together(ids: readonly string[]): LicenceTerms | undefined {
  const all = ids.map(termsOfId);
  if (all.some((terms) => terms?.commercial === false)) {
    return { commercial: false, derivatives: all.every((terms) => terms?.derivatives !== false) };
  }
  if (all.includes(undefined)) return undefined;
  return {
    commercial: true,
    derivatives: all.every((terms) => terms?.derivatives),
    shareAlike: all.some((terms) => terms?.shareAlike),
    attribution: all.some((terms) => terms?.attribution),
  };
}

/** Terms of an expression under the side that allows most; undefined where it is not known. */
export function licenceTerms(expression: string): LicenceTerms | undefined {
  const sides = licenceAlternatives(expression)?.map(together);
  if (!sides) {
    // No expression, but it says so in words.
    return /\bNC\b|non-?\s?commercial|research[- ]only/i.test(expression) ? { commercial: false } : undefined;
  }
  const freedom = (terms: LicenceTerms | undefined): number =>
    terms === undefined
      ? 1
      : terms.commercial === false
        ? 0
        : 2 + (terms.derivatives ? 4 : 0) + (terms.shareAlike ? 0 : 2) + (terms.attribution ? 0 : 1);
  return sides.toSorted((a, b) => freedom(b) - freedom(a))[0];
}

/**
 * Licences that do not go with the intended use: a `stop` must end the run. Non-commercial data in a commercial model stops;
 * data that nobody named a licence of, and licences whose terms are not known, are warned of.
 */
export function licenceConflicts(licences: readonly LicenceCount[], use: IntendedUse): LicenceFinding[] {
  const findings: LicenceFinding[] = [];
  for (const { licence = 'NOASSERTION', documents, sources = [] } of licences) {
    const find = (severity: 'stop' | 'warn', problem: string) =>
      findings.push({ licence, severity, problem, documents, sources });
    const terms = licenceTerms(licence);
    if (terms === undefined) {
      const nobody = licence === 'NOASSERTION' || licence.trim() === '';
      const unknown = licenceAlternatives(licence) ? 'its terms are not known here' : 'it is no SPDX expression';
      find('warn', nobody ? 'no licence is stated' : unknown);
      continue;
    }
    if (use.commercial && terms.commercial === false) {
      find('stop', 'it allows non-commercial use only, and the model is commercial');
      continue;
    }
    if (use.redistribute && terms.derivatives === false) find('stop', 'changed copies may not be handed on');
    if (use.redistribute && terms.shareAlike) find('warn', 'changed copies must carry the same licence');
  }
  const order = { stop: 0, warn: 1 };
  return findings.sort((a, b) => order[a.severity] - order[b.severity] || b.documents - a.documents);
}
