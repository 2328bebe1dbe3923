import { base62, crc32, entropy } from '../checks/encodings.js';
import type { Recognizer } from '../types.js';

interface Token {
  readonly name: string;
  readonly pattern: string;
  readonly score?: number;
  readonly validate?: Recognizer['validate'];
  readonly check?: string;
}

/** GitHub's and npm's tokens end in the CRC-32 of what stands between prefix and checksum, in base 62. */
const checksummed = (found: string): boolean => {
  const body = found.slice(found.indexOf('_') + 1);
  return base62(crc32(body.slice(0, -6)), 6) === body.slice(-6);
};
const isJwt = (found: string): boolean => {
  try {
    const header: unknown = JSON.parse(Buffer.from(found.split('.')[0], 'base64url').toString('utf8'));
    return typeof header === 'object' && header !== null && ('alg' in header || 'typ' in header);
  } catch {
    return false;
  }
};

/** Prefixes that issuers have published. A row each; `\b`-like edges are added. */
const tokens: readonly Token[] = [
  {
    name: 'GitHub token',
    pattern: 'gh[pousr]_[A-Za-z0-9]{36}',
    validate: checksummed,
    check: 'CRC-32 in base 62',
    score: 1,
  },
  { name: 'GitHub fine-grained token', pattern: 'github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}' },
  { name: 'npm token', pattern: 'npm_[A-Za-z0-9]{36}', validate: checksummed, check: 'CRC-32 in base 62', score: 1 },
  { name: 'PyPI token', pattern: 'pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,1000}' },
  { name: 'AWS access key', pattern: '(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}' },
  { name: 'Google API key', pattern: 'AIza[A-Za-z0-9_-]{35}' },
  { name: 'Google OAuth secret', pattern: 'GOCSPX-[A-Za-z0-9_-]{28}' },
  { name: 'Google OAuth token', pattern: 'ya29\\.[A-Za-z0-9_-]{30,400}' },
  { name: 'Slack token', pattern: 'xox[abeoprs]-(?:[A-Za-z0-9]{1,64}-){1,5}[A-Za-z0-9]{10,64}' },
  { name: 'Slack app token', pattern: 'xapp-\\d-[A-Z0-9]{8,14}-\\d{8,14}-[a-f0-9]{60,68}' },
  {
    name: 'Slack webhook',
    pattern: 'https://hooks\\.slack\\.com/(?:services|workflows)/[A-Za-z0-9/]{20,80}',
    score: 0.97,
  },
  { name: 'Stripe key', pattern: '(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,120}' },
  { name: 'Stripe webhook secret', pattern: 'whsec_[A-Za-z0-9+/=]{24,64}' },
  {
    name: 'OpenAI key',
    pattern: 'sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,200}',
    validate: (found) => entropy(found) > 3.5 && /\d/.test(found),
  },
  { name: 'Anthropic key', pattern: 'sk-ant-[A-Za-z0-9]{2,10}-[A-Za-z0-9_-]{60,120}' },
  { name: 'Hugging Face token', pattern: 'hf_[A-Za-z]{34}' },
  { name: 'Replicate token', pattern: 'r8_[A-Za-z0-9]{37}' },
  { name: 'Groq key', pattern: 'gsk_[A-Za-z0-9]{52}' },
  { name: 'GitLab token', pattern: 'gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat)-[A-Za-z0-9_=.-]{20,64}' },
  { name: 'DigitalOcean token', pattern: 'do[opr]_v1_[a-f0-9]{64}' },
  { name: 'SendGrid key', pattern: 'SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}' },
  { name: 'Mailgun key', pattern: 'key-[a-f0-9]{32}' },
  { name: 'Mailchimp key', pattern: '[a-f0-9]{32}-us\\d{1,2}' },
  { name: 'Twilio key', pattern: '(?:SK|AC)[a-f0-9]{32}' },
  { name: 'Telegram bot token', pattern: '\\d{8,10}:AA[A-Za-z0-9_-]{33}' },
  { name: 'Discord bot token', pattern: '[MNO][A-Za-z\\d_-]{23,27}\\.[A-Za-z\\d_-]{6}\\.[A-Za-z\\d_-]{27,40}' },
  {
    name: 'Discord webhook',
    pattern: 'https://(?:ptb\\.|canary\\.)?discord(?:app)?\\.com/api/webhooks/\\d{17,20}/[A-Za-z0-9_-]{60,80}',
    score: 0.97,
  },
  { name: 'Square token', pattern: 'sq0(?:atp|csp)-[A-Za-z0-9_-]{22,43}' },
  { name: 'Shopify token', pattern: 'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}' },
  { name: 'Databricks token', pattern: 'dapi[a-f0-9]{32}(?:-\\d)?' },
  { name: 'Linear key', pattern: 'lin_api_[A-Za-z0-9]{40}' },
  { name: 'Notion token', pattern: '(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,50})' },
  { name: 'Postman key', pattern: 'PMAK-[a-f0-9]{24}-[a-f0-9]{34}' },
  { name: 'Vault token', pattern: 'hv[sbr]\\.[A-Za-z0-9_-]{24,200}' },
  { name: 'Doppler token', pattern: 'dp\\.(?:pt|st|ct|sa|scim|audit)\\.[A-Za-z0-9.]{40,60}' },
  { name: 'Grafana token', pattern: 'glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}' },
  { name: 'New Relic key', pattern: 'NR(?:AK|JS)-[A-Z0-9]{19,40}' },
  { name: 'Sentry token', pattern: 'sntry[su]_[A-Za-z0-9+/=_]{40,300}' },
  { name: 'Heroku key', pattern: 'HRKU-[A-Za-z0-9_-]{36,64}' },
  { name: 'RubyGems key', pattern: 'rubygems_[a-f0-9]{48}' },
  { name: 'Docker Hub token', pattern: 'dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,40}' },
  { name: 'Azure storage key', pattern: 'AccountKey=(?<v>[A-Za-z0-9+/]{86}==)', score: 0.97 },
  { name: 'age secret key', pattern: 'AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}' },
  {
    name: 'JSON web token',
    pattern: 'eyJ[A-Za-z0-9_-]{8,2000}\\.[A-Za-z0-9_-]{8,8000}\\.[A-Za-z0-9_-]{0,2000}',
    validate: isJwt,
    check: 'header is JSON with alg or typ',
  },
];

const keyWords =
  'api[ _-]?key|apikey|access[ _-]?key|secret[ _-]?key|secret[ _-]?access[ _-]?key|client[ _-]?secret|auth[ _-]?token|access[ _-]?token|refresh[ _-]?token|bearer|token|secret|private[ _-]?key|encryption[ _-]?key|signing[ _-]?key|credentials?';

/** Words in capitals, paths and placeholders are no secrets. */
const isRandom = (found: string): boolean =>
  entropy(found) >= (found.length >= 32 ? 3.4 : 3.1) &&
  /\d/.test(found) &&
  /[a-z]/i.test(found) &&
  !/^(?:https?|file|www)|example|placeholder|your[_-]|xxxx|changeme|^[A-Z_]+$|^\d+$/i.test(found);

/** Keys, tokens and passwords. */
export const secrets: readonly Recognizer[] = [
  ...tokens.map(
    ({ name, pattern, score = 0.95, validate, check }): Recognizer => ({
      type: 'SECRET',
      name,
      family: 'secret',
      trigger: 'long',
      pattern: new RegExp(`(?<![A-Za-z0-9_])${pattern}(?![A-Za-z0-9_])`, 'g'),
      score,
      validate,
      check: check ?? 'published prefix and length',
      most: 12_100,
    }),
  ),
  {
    type: 'SECRET',
    name: 'private key in PEM',
    family: 'secret',
    trigger: 'text',
    pattern:
      /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----[^-]{1,12000}(?:-----END [A-Z0-9 ]{1,40}-----)?/g,
    score: 1,
    most: 12_200,
  },
  {
    type: 'PASSWORD',
    name: 'password in a connection string',
    family: 'secret',
    trigger: '://',
    pattern: /(?<![A-Za-z0-9])[a-z][a-z0-9+]{1,20}:\/\/[^\s:@/"'<>]{0,64}:(?<v>[^\s:@/"'<>]{1,128})(?=@[\w.\-[])/gi,
    score: 1,
    validate: (found) => !/^(?:\$\{|<|\{\{|%s|\*+$|password$|pass$)/i.test(found),
  },
  {
    type: 'PASSWORD',
    name: 'labelled password',
    family: 'secret',
    pattern:
      /(?<![\p{L}])(?:password|passwort|passwd|pwd|passphrase|pass ?word|mot de passe|contraseña|pin(?: code)?)["']?\s{0,2}(?:is|was|[:=])?\s{0,2}["']?(?<v>[^\s"'<>,;]{3,64})/giu,
    score: 0.8,
    validate: (found, text, start) =>
      (/(?:is|was|[:=])\s{0,2}["']?$/i.test(text.slice(Math.max(0, start - 6), start)) ||
        (found.length >= 6 && /\p{L}/u.test(found) && /[\d!@#$%^&*]/.test(found))) &&
      (/\d/.test(found) || (/[A-Z]/.test(found.slice(1)) && /[a-z]/.test(found)) || /[!@#$%^&*]/.test(found)) &&
      !/^(?:\$\{|\{\{|<|process\.|os\.|env\.|\*+$|.*\()/.test(found),
    check: 'label; a digit, a sign or a capital inside',
  },
  {
    type: 'SECRET',
    name: 'random signs after a key word',
    family: 'secret',
    trigger: 'long',
    pattern: new RegExp(
      String.raw`(?<![\p{L}])(?:[A-Za-z0-9]{0,20}[_-])?(?:${keyWords})(?:[_-][A-Za-z0-9]{1,12})?["']?\s{0,2}(?:is|:=|=>|[:=]|\s)\s{0,2}["']?(?<v>[A-Za-z0-9+/_.\-]{16,512}={0,2})(?![A-Za-z0-9])`,
      'giu',
    ),
    score: 0.8,
    validate: isRandom,
    check: 'Shannon entropy of at least 3.1 bits a sign',
    most: 600,
  },
];
