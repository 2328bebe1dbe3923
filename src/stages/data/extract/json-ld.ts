/** What schema.org data in a page says about its main thing. */
export interface StructuredData {
  /** Types of the main thing, without their prefix. */
  readonly types?: readonly string[];
  readonly title?: string;
  readonly byline?: string;
  readonly date?: string;
  readonly modified?: string;
  readonly description?: string;
  readonly site?: string;
  readonly language?: string;
  readonly licence?: string;
  /** Text of the article, where the page repeats it there. */
  readonly body?: string;
}

const articleTypes =
  /^(?:\w*Article|BlogPosting|LiveBlogPosting|SocialMediaPosting|DiscussionForumPosting|Report|Recipe|Product|HowTo|Course|Book|Review|QAPage|Question|VideoObject|JobPosting|Event|TechArticle|APIReference)$/;
/** How deep and how many objects are looked at. */
const maxDepth = 8;
const maxObjects = 2000;

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const typesOf = (object: Fields): string[] =>
  [object['@type']]
    .flat()
    .filter((type): type is string => typeof type === 'string')
    .map((type) => type.replace(/^.*[/#:]/, ''));

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.trim() || undefined;
  if (Array.isArray(value)) return textOf(value[0]);
  if (isObject(value)) return textOf(value['@value'] ?? value.name ?? value['@id']);
  return undefined;
}

function namesOf(value: unknown): string | undefined {
  const names = [value]
    .flat()
    .map((item) => (typeof item === 'string' ? item : isObject(item) ? textOf(item.name) : undefined))
    .filter((name): name is string => name !== undefined && name.trim() !== '' && !/^https?:/.test(name));
  return names.length > 0
    ? names
        .slice(0, 10)
        .map((name) => name.trim())
        .join(', ')
    : undefined;
}

/** Reads scripts of JSON-LD; broken ones say nothing. */
export function readJsonLd(scripts: readonly string[]): StructuredData {
  let article: Fields | undefined;
  let site: string | undefined;
  let seen = 0;
  const visit = (value: unknown, depth: number): void => {
    if (depth > maxDepth || seen > maxObjects) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item, depth + 1);
      return;
    }
    if (!isObject(value)) return;
    seen++;
    const types = typesOf(value);
    if (types.some((type) => articleTypes.test(type))) {
      // The first article is the page's; a later one only where it brings the text.
      if (!article || (article.articleBody === undefined && value.articleBody !== undefined)) article = value;
    }
    if (site === undefined && types.includes('WebSite')) site = textOf(value.name);
    for (const key of ['@graph', 'mainEntity', 'mainEntityOfPage', 'hasPart']) visit(value[key], depth + 1);
  };
  for (const script of scripts) {
    try {
      visit(JSON.parse(script.replace(/^\s*<!\[CDATA\[|\]\]>\s*$/g, '')), 0);
    } catch {
      // Pages carry broken JSON often; the rest of the page says the same.
    }
  }
  if (!article) return { site };
  return {
    types: typesOf(article),
    title: textOf(article.headline) ?? textOf(article.name),
    byline: namesOf(article.author) ?? namesOf(article.creator),
    date: textOf(article.datePublished) ?? textOf(article.dateCreated),
    modified: textOf(article.dateModified),
    description: textOf(article.description),
    site: (isObject(article.publisher) ? textOf(article.publisher.name) : undefined) ?? site,
    language: textOf(article.inLanguage),
    licence:
      typeof article.license === 'string'
        ? article.license
        : isObject(article.license)
          ? textOf(article.license['@id'] ?? article.license.url)
          : undefined,
    body:
      typeof article.articleBody === 'string'
        ? article.articleBody
        : typeof article.text === 'string'
          ? article.text
          : undefined,
  };
}
