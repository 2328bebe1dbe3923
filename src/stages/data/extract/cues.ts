import type { ElementNode } from './tree.js';

/** What the class names and the id of an element hint at. */
export interface Cues {
  /** Parts of a page around its text: menus, banners, comments, boxes of links. */
  readonly unlikely: boolean;
  /** Words of containers of text; they save an element that is `unlikely`. */
  readonly maybe: boolean;
  /** Boxes that are left out of the text even where everything around them is kept. */
  readonly boilerplate: boolean;
  /** The same, but only where the box is short or mostly links. */
  readonly doubtful: boolean;
  /** Comments of readers. */
  readonly comments: boolean;
  /** +1 for words of text, -1 for words of what stands around it, 0 for both or none. */
  readonly weight: number;
  /** The box of a picture's caption. */
  readonly caption: boolean;
  /** The box of the author's name. */
  readonly byline: boolean;
}

const list = (text: string): string => text.trim().split(/\s+/).join('|');

// Words of what stands around a text, by what it is for. They are looked for inside names: `site_header`, `leftMenu`.
const navigation = list('menu breadcrumb pagination pager toolbar navbar navigation');
const advertising = list('-ad- -ads- advert banner sponsor outbrain taboola');
const talk = list('comment disqus community replies remark discussion');
const around = list('sidebar footer header masthead related recommend extra supplement legend');
const notices = list('cookie consent gdpr popup modal overlay newsletter subscri paywall social');
const unlikely = new RegExp(`${navigation}|${advertising}|${talk}|${around}|${notices}|\\brss\\b`, 'i');
/** Words of containers of text. */
const maybe = /\band\b|article|body|column|content|main|shadow|entry|\bpost\b|story/i;
const positive = new RegExp(list('article body content entry main page post text blog story'), 'i');
const negative = new RegExp(
  `${advertising}|${list('comment com- contact footer gdpr hidden masthead media meta promo related scroll share sidebar shopping tags widget')}`,
  'i',
);

// One name (a class or the id, camel case split) as a whole.
const stems =
  list(`ads? advert\\w* related relacionad\\w* recommend\\w* newsletter subscri\\w* social share sharing breadcrumbs? pagination pager
  navigation cookies? consent taboola outbrain sponsor\\w* nav author-?(?:box|bio|info) about-?author post-?author nav-?links?`);
const openings =
  list(`ads? advert\\w* adsbygoogle anzeige werbung publicidad related\\w* relacionad\\w* recommend\\w* newsletter\\w* subscri\\w* social\\w*
  share sharing sharedaddy addtoany\\w* breadcrumbs? pagination pager navigation cookies? consent gdpr taboola outbrain skip login\\w* paywall\\w* survey
  yarpp\\w* sponsor\\w* banner\\w* noprint print respond`);
const boxEndings = list(
  'box bar buttons? links? list container wrapper section widget block area items? posts? articles? content icons?',
);
const exact =
  list(`jp-relatedposts read-?more more-?link screen-?reader-?text visually-?hidden sr-?only edit-?section mw-editsection no-print
  print-?only kk-star-ratings wp-?polls? crp-related robots-nocontent`);
const boilerplate = new RegExp(
  `^(?:(?:${openings})(?:-.{0,40})?|(?:.{0,30}-)?(?:${stems})(?:-(?:${boxEndings}))?|${exact})$`,
);
const doubtful = new RegExp(
  `(?:^|-)(?:${list(`tags? metadata meta teasers? promo\\w* credits? copyright rating\\w* voting feedback toc categor(?:y|ies) date timestamp kicker
  disclaimer legal byline author more menu toolbar widget sidebar footer bottom info links button btn download permalink posted utility`)})(?:-|$)`,
);
const comments = new RegExp(
  `^(?:${list(`comment-?list comments?-?(?:area|section|wrap\\w*|container|template|thread|block) respond kommentare?(?:-.*)? disqus.* replies
  reply-?list discussion (?:.{0,30}-)?comments?`)})$`,
);
const byline = /author|byline|dateline|written-?by/i;
const cache = new Map<string, Cues>();
const none: Cues = {
  unlikely: false,
  maybe: false,
  boilerplate: false,
  doubtful: false,
  comments: false,
  caption: false,
  weight: 0,
  byline: false,
};

/** `relatedPosts` and `Related_Posts` as `related-posts`. */
const kebab = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/_+|-{2,}/g, '-');

/** Ids made of a heading's words say what the section is about, not what it is. */
const longestName = 4;

function readCues(classes: string, id: string): Cues {
  const names = `${classes} ${id}`;
  const parts = names
    .split(/\s+/)
    .filter((part) => part !== '')
    .map(kebab);
  const short = parts.filter((part) => part.split('-').length <= longestName);
  let weight = 0;
  for (const part of [classes, id]) {
    if (part === '') continue;
    if (negative.test(part)) weight--;
    if (positive.test(part)) weight++;
  }
  return {
    unlikely: unlikely.test(names),
    maybe: maybe.test(names),
    boilerplate: short.some((part) => boilerplate.test(part)),
    doubtful: short.some((part) => doubtful.test(part)),
    comments: short.some((part) => comments.test(part)),
    weight,
    caption: /caption/i.test(names),
    byline: byline.test(names),
  };
}

/** Cues of an element, remembered by its names: pages repeat them. */
export function cuesOf(element: ElementNode): Cues {
  const attributes = element.attributes;
  if (!attributes) return none;
  const classes = attributes.class ?? '';
  const id = attributes.id ?? '';
  if (classes === '' && id === '') return none;
  const key = `${classes}\u0000${id}`.slice(0, 400);
  let cues = cache.get(key);
  if (!cues) {
    if (cache.size >= 4096) cache.clear();
    cues = readCues(classes.slice(0, 300), id.slice(0, 100));
    cache.set(key, cues);
  }
  return cues;
}
