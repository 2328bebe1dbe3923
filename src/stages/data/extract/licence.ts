/** Ports of Creative Commons licences that SPDX lists, by version. */
const ports: Readonly<Record<string, readonly string[]>> = {
  '2.0': ['uk'],
  '2.1': ['jp'],
  '2.5': ['au'],
  '3.0': ['at', 'au', 'de', 'fr', 'igo', 'nl', 'us'],
};
const pattern =
  /creativecommons\.org\/(?:licenses\/(by(?:-nc)?(?:-(?:nd|sa))?|nc-sa)\/(\d\.\d)(?:\/([a-z]{2,4}))?|publicdomain\/(zero|mark)\/(\d\.\d))(?=[/?#\s]|$)/i;

/** SPDX identifier of a licence's address, undefined where there is none: `https://creativecommons.org/licenses/by-sa/4.0/` is `CC-BY-SA-4.0`. */
export function spdxOfUrl(url: string): string | undefined {
  const match = pattern.exec(url.slice(0, 300));
  if (!match) return undefined;
  if (match[4] !== undefined) return match[4].toLowerCase() === 'zero' ? `CC0-${match[5]}` : `CC-PDM-${match[5]}`;
  const name = `CC-${match[1]!.toUpperCase()}-${match[2]}`;
  const port = match[3]?.toLowerCase();
  // `deed` pages and languages are not ports; a port that SPDX does not list is nearest to the unported licence, but not it.
  if (port === undefined || port === 'deed') return name;
  return ports[match[2]!]?.includes(port) ? `${name}-${port.toUpperCase()}` : undefined;
}
