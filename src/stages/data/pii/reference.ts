import { entityTypes } from './entity-types.js';
import { recognizers } from './recognizers/index.js';

/** Markdown table of all types, generated into `docs/data-pii.md`: what each is, its Safe Harbor class, what is checked. */
export function typeReference(): string {
  const rows = entityTypes.map(({ type, summary, hipaa = '' }) => {
    const rules = recognizers.filter((rule) => rule.type === type);
    const checks = [...new Set(rules.flatMap(({ check }) => (check ? [check] : [])))];
    if (['PERSON', 'LOCATION', 'ORGANIZATION', 'TITLE', 'ZIP_CODE'].includes(type)) checks.push('trained tagger');
    const cell = checks.length > 4 ? `${checks.slice(0, 3).join('; ')}; …` : checks.join('; ');
    return `| \`${type}\` | ${summary} | ${hipaa} | ${cell.replaceAll('|', '\\|')} |`;
  });
  return ['| type | is | Safe Harbor | held to |', '|---|---|---|---|', ...rows].join('\n');
}
