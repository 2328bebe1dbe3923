import type { StructuredData } from './json-ld.js';
import type { Page } from './parse.js';
import { ElementNode } from './tree.js';

const generators =
  /\b(?:phpbb|vbulletin|discourse|mybb|xenforo|invision|smf|flarum|vanilla forums|bbpress|question2answer)\b/i;
/** Names that programs for forums and questions give to a post. */
const posts =
  /(?:^|\s)(?:post-?body|post_body|postbody|message-?body|topic-?body|forum-?post|bbp-(?:reply|topic)-content|answer(?:cell)?|question|message-content|comment-tree|topic-post|js-post)(?=$|\s)/i;

/** True for a forum, a page of questions and answers or a mailing list: the replies are its text. */
export function isThread(page: Page, structured: StructuredData): boolean {
  if (structured.types?.some((type) => /^(?:DiscussionForumPosting|QAPage|Question)$/.test(type))) return true;
  const generator = page.declarations.find((element) => element.attribute('name').toLowerCase() === 'generator');
  if (generator && generators.test(generator.attribute('content'))) return true;
  let found = 0;
  const visit = (element: ElementNode): void => {
    if (element.attributes && posts.test(element.names)) found++;
    for (const child of element.children) if (found < 2 && child instanceof ElementNode) visit(child);
  };
  visit(page.body);
  return found >= 2;
}
