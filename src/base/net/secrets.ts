/** Query parameters whose values are keys, by the last word of their name. */
const secretParameter =
  /(?:^|[-_.])(?:key|apikey|token|secret|password|passwd|pwd|auth|authorization|signature|sig|credential|credentials|session|code)$/i;
const secretHeader =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|.*(?:token|secret|api-?key|password|signature|credential|session|access-key|auth).*)$/i;

/** Whether the value of a header is a secret: never logged, never sent to another origin. */
export function isSecretHeader(name: string): boolean {
  return secretHeader.test(name);
}

/** A URL for messages and logs: without user, password and the values of parameters that are keys. */
export function safeUrl(url: string | URL): string {
  let copy: URL;
  try {
    copy = new URL(url);
  } catch {
    return String(url).slice(0, 200);
  }
  if (copy.username !== '' || copy.password !== '') {
    copy.username = '';
    copy.password = '';
  }
  for (const name of [...copy.searchParams.keys()]) {
    if (secretParameter.test(name)) copy.searchParams.set(name, '…');
  }
  return decodeEllipsis(copy.href);
}

const decodeEllipsis = (text: string) => text.replaceAll('%E2%80%A6', '…');

/** Headers for messages and logs. */
export function safeHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, isSecretHeader(name) ? '…' : value]));
}
