import type { Random } from '../../src/base/core/index.js';

const list = (text: string): string[] => text.trim().split(/\s*\|\s*/);
const people = list(
  "{P}|{P}|{P}|{F}|{F}|{T} {L}|{T} {P}|my friend {F}|our neighbour {P}|{F} and {F}|{P} and {P}|the late {P}|{N} {w} {P}|{w} {P}|{J} {P}|{P}, a {N} {w},|{P}, {J} at {O},|{F}, {F} and {F}|young {F}|little {F}|a certain {P}|{P} of {O}|{P} from {G}|their son {F}|her sister {F}|his boss {P}|ex-{w} {P}|{O} {w} {P}|{O}'s {P}|{N} singer {P}",
);
const acts = list(
  'laughed|resigned|smiled|called me|lost the {w}|came back|moved|was born|died|grew up|lived|worked|studied|wrote a {w}|sang|travelled|got married|was arrested|was seen|will arrive|will speak|is waiting|is {a}|was {a}|has left|has not replied|told us about the {w}|asked for a {w}|bought a {w}|plays the {w}|won the {w}|retired|fell ill|went|drove|flew|returned|arrived|stayed|slept|fought|danced|vanished|opened a {w}|sold the {w}|thinks so|knows it|wants a {w}|hates {w}|loves {w}|never came|made a {w}|published a {w}|became a {w}|signed the {w}|recorded a {w}',
);
const where = list(
  'in {G}|in {G}|from {G}|to {G}|near {G}|at {G}|through {G}|outside {G}|back to {G}|back in {G}|around {G}|via {G}|for {G}|in {G}, {C}|in {G} and {G}|between {G} and {G}|from {G} to {G}|in the {w} of {G}|in downtown {G}|originally from {G}|down from {G}|on {S}|at {S}|at {A}|in {A}|on {S} in {G}|at the corner of {S} and {S}',
);
const which = list(
  "at {O}|for {O}|with {O}|for {O} in {G}|against {O} and {O}|at the {O} {w}|from the {O} app|with my {O} account|of {O} and {P} of {O}|for {O}, {O} or {O}|about {O}|via {O}|on {O}|from {O}|of {O}|by {O}|at the {O} office|to {O}|against {O}|at {O} in {G}|and {O}|with {P}|for {P}|by {P}|and {P}|to {P}|like {P}|about {P}|without {F}|than {P}|after {F}|against {P}|with {F}'s {w}|near {F}'s house|under {P}",
);
const when = list(
  'on {D}|in {Y}|last {w}|this morning|yesterday|two days ago|again|today|tonight|this week|next month|before {Y}|since {Y}|for ten years|soon',
);
const firms = list(
  "{O}|{O}|{O}|the {O} {w}|{O} and {O}|{O}, {O} and {O}|{N} {w} {O}|{O}'s {w}|{w} maker {O}|{w} giant {O}",
);
const deals = list(
  'bought {O}|sold {O} to {O}|hired {P}|fired {P}|is a {a} {w}|is a {w} {w} based in {G}|is an {a} {w}|was founded in {G}|closed its {w}|has offices in {G}|reported a {a} {w}|invested in {w}|sued {O}|denied it|makes {w}s|grew by {#} percent|later became {O}|is a {N} {w} and {w} company|called me|answered|sent me a {w}|charged my card|has a new {w}|launched a {w}|cut jobs|moved to {G}|serves {w}s|lost the {w}',
);
const lands = list('{G}|{G}|{C}|{C}|{G}, {C},|the people of {G}|{G} and {G}');
const facts = list(
  'is {a}|was {a}|was {a} to see|is a {a} place|has a {w}|has changed|won the {w}|lost the {w}|is far away|needs {w}|is famous for {w}|voted for the {w}|is lovely in spring|banned the {w}|and {G} signed the {w}|is my home|borders {G}|minister denies {w}|court rules on {w}|was bombed|is cold|looks {a}',
);
const openers = list(
  'Unfortunately,|However,|Oh,|Well,|Cool,|Wow!|So|And|But|Then|Yes,|No,|Maybe|Perhaps|Later|Luckily,|I think|I hope|I heard that|She said that|We know that|They say|It seems that|Sadly,|Of course|C\'mon,|Hmm,|Look,|Listen,|Sorry,|Please note that|As you know,|Meanwhile|Today|Yesterday|In {Y}|On {D}|In {G}|At {O}|Apparently,|Finally|Once|When|If|Because|Although|While|After that|"{Q}":|Answer:|Question:|PS:|Note:|Bot: ok. User:|Hi!|Great.|Sure.',
);
const closers = list(
  '.|.|.|.|!|?|...|| :)|, I think.|, she said.|, wrote {P}.|, says {P}.|, said {F}.|" says {P}.|; {X}.| and {w}.| (see "{Q}").| - {X}| or not?| though.',
);

/** A sentence put together from parts: who did what, where, with whom, when. */
export function composed(random: Random): string {
  const chance = (p: number): boolean => random.float() < p;
  const r = random.float();
  let body: string;
  if (r < 0.45) {
    body = `${random.pick(people)} ${random.pick(acts)}`;
    if (chance(0.55)) body += ` ${random.pick(where)}`;
    if (chance(0.35)) body += ` ${random.pick(which)}`;
    if (chance(0.35)) body += ` ${random.pick(when)}`;
  } else if (r < 0.65) {
    body = `${random.pick(firms)} ${random.pick(deals)}`;
    if (chance(0.25)) body += ` ${random.pick(where)}`;
    if (chance(0.3)) body += ` ${random.pick(when)}`;
  } else if (r < 0.8) {
    body = `${random.pick(lands)} ${random.pick(facts)}`;
    if (chance(0.2)) body += ` ${random.pick(when)}`;
  } else {
    // The speaker acts; names stand at the end.
    body = `${random.pick(list('I|we|you|they|he|she|it|the {w}|a {a} {w}|the {w}s|everybody|my {w}|the letter|the bus|the shop|the tune|this {w}|the ship|the {Q}'))} ${random.pick(acts)}`;
    if (chance(0.7)) body += ` ${random.pick(where)}`;
    if (chance(0.5)) body += ` ${random.pick(which)}`;
    if (chance(0.3)) body += ` ${random.pick(when)}`;
  }
  const opener = chance(0.35) ? `${random.pick(openers)} ` : '';
  const sentence =
    opener === '' && chance(0.9) && /^[a-z]/.test(body) ? body.charAt(0).toUpperCase() + body.slice(1) : body;
  return `${opener}${sentence}${random.pick(closers)}`;
}
