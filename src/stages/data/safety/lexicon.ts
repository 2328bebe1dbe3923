/** What a text is judged for. */
export const categories = ['hate', 'insult', 'profanity', 'sexual', 'violence'] as const;
export type Category = (typeof categories)[number];

/** A word of the lexicon: its category and how much one use of it says, in nats against "harmless". */
export interface Entry {
  readonly category: Category;
  readonly weight: number;
}

/** The words stand here turned by 13 letters, so that nobody has to read them who only reads the code. */
const turned = (text: string): string[] =>
  text.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97)).split(' ');

/**
 * A small list of our own for English: words that are nearly always meant badly (strong), and words that have innocent uses
 * as well (weak), which count for little alone. Bring your own with `words` of the options.
 */
const lists: ReadonlyArray<readonly [Category, number, string]> = [
  [
    'profanity',
    1.1,
    'shpx shpxf shpxrq shpxre shpxref shpxvat zbgureshpxre zbgureshpxref zbgureshpxvat ohyyfuvg nffubyr nffubyrf nefrubyr phag phagf qvpxurnq qvpxurnqf jnaxre jnaxref pbpxfhpxre pbpxfhpxref qbhpuront qhzonff wnpxnff',
  ],
  [
    'profanity',
    0.6,
    'fuvg fuvgf fuvggl ovgpu ovgpurf onfgneq onfgneqf cevpx gjng gjngf tbqqnza qbhpur fyhg fyhgf juber juberf fxnax',
  ],
  ['profanity', 0.2, 'penc cvff cvffrq obyybpxf qnza uryy nff nffrf'],
  ['insult', 0.8, 'zbeba zbebaf vzorpvyr vzorpvyrf fphzont ergneq ergneqrq ergneqf fhouhzna fhouhznaf qvzjvg unysjvg'],
  [
    'insult',
    0.3,
    'vqvbg vqvbgf fghcvq qhzo ybfre ybfref fphz cngurgvp jbeguyrff irezva svygu qvfthfgvat pbjneq pbjneqf sbby sbbyf htyl ulcbpevgr yvne pybja cnenfvgr cnenfvgrf genfu tneontr',
  ],
  [
    'hate',
    2.2,
    'avttre avttref avttn avttnf snttbg snttbgf genaal genaavrf xvxr xvxrf fcvpf jrgonpx jrgonpxf tbbx tbbxf enturnq enturnqf gbjryurnq gbjryurnqf onare orna ornare ornaref qnexvr qnexvrf fnaqavttre furznyr furznyrf cnxvf fnzob fnzobf wvtnobb wvtnobbf cvpxnavaal jbc jbcf qntb qntbf cbynpx cbynpxf vawha vawhaf unysoerrq urro urrof ulzvr ulzvrf obbat obbatf jbt jbtf qbgurnq qbgurnqf zhmmvr zhmmvrf zhqfyvzr zhqfyvzrf cbbsgre cbbsgref yrmmvr yrmmvrf xnssve xnssvef puvanzna puvanzra tvccb tlccb cvxrl cvxrlf fynagrlr pubyb',
  ],
  [
    'hate',
    0.7,
    'snt sntf puvax puvaxf fcvp pbba pbbaf qlxr qlxrf cnxv ubaxl ubaxvrf tlccrq wnc wncf fdhnj fdhnjf erqfxva erqfxvaf lvq lvqf ubzb ubzbf cbbs cbbsf fcnm fcnfgvp zbatbybvq zbatbybvqf xenhg xenhgf pbbyvr pbbyvrf puni punif fulybpx nobf urngura vasvqry vasvqryf',
  ],
  [
    'sexual',
    1.1,
    'oybjwbo oybjwbof unaqwbo phz phzzvat phzfubg qvyqb qvyqbf znfgheongr znfgheongvat gvggvrf zvys guerrfbzr tnatonat pernzcvr qrrcguebng uragnv ohxxnxr sryyngvb phaavyvathf chffl uneqpber kkk',
  ],
  [
    'sexual',
    0.3,
    'cbea cbeab cbeabtencul cbeabtencuvp pbpx pbpxf obbof gvgf ubeal betnfz betnfzf znfgheongvba pyvg nany anxrq ahqr frkl rebgvp ravf sernx xvaxl sbaqyr zbna zbnavat guehfg guehfgvat',
  ],
  ['sexual', 0.15, 'cravf intvan rerpgvba avccyr avccyrf frk oernfgf'],
  [
    'violence',
    0.6,
    'orurnq orurnqrq orurnqvat qrpncvgngr qrpncvgngrq qvfzrzore qvfzrzorerq qvfrzobjry tbhtr oyhqtrba oyhqtrbarq rivfprengr zhgvyngr zhgvyngrq',
  ],
  [
    'violence',
    0.18,
    'xvyy xvyyrq xvyyvat zheqre zheqrerq fynhtugre fynhtugrerq znffnper fgno fgnoorq fgnoovat fgenatyr fgenatyrq encr encrq encvat encvfg gbegher gbegherq ylapu ylapurq ylapuvat oybbqongu tber pbecfr pbecfrf',
  ],
];

/** The lexicon, by word in small letters. */
export function lexicon(more: Readonly<Record<string, Entry>> = {}): ReadonlyMap<string, Entry> {
  const all = new Map<string, Entry>();
  for (const [category, weight, words] of lists) {
    for (const word of turned(words)) if (word.length > 2) all.set(word, { category, weight });
  }
  // Innocent words that the letters above may turn into.
  for (const word of ['bean', 'baner', 'enis', 'freak']) all.delete(word);
  for (const [word, entry] of Object.entries(more)) all.set(word.toLowerCase(), entry);
  return all;
}

/** Turns of phrase, each bounded in length; `who` is a person or people. */
const who =
  '(?:you|him|her|them|u|ya|myself|yourself|themselves|everyone|all of (?:you|them)|these people|those people)';
const violent =
  '(?:kill|murder|shoot|stab|strangle|beat up|rape|burn|lynch|hang|behead|choke|slaughter|hurt|gas|exterminate)';
export const phrases: ReadonlyArray<readonly [Category, number, RegExp]> = [
  [
    'violence',
    1.6,
    new RegExp(
      `\\b(?:i(?:'ll| will|'m going to|'m gonna| wanna| want to)|we(?:'ll| will| should| must)|gonna|going to|let's|someone should) (?:\\w+ )?${violent} (?:${who}|your)\\b`,
    ),
  ],
  ['violence', 1.5, /\b(?:kill|hang|shoot|cut) (?:yourself|urself|themselves all)\b/],
  [
    'violence',
    1.2,
    /\b(?:deserves?|needs?|ought|should|hope (?:you|they|he|she)) (?:all )?(?:to )?(?:die|be (?:shot|killed|hanged|hung|raped|gassed|lynched|exterminated|burned|put down))\b/,
  ],
  [
    'insult',
    1,
    /\b(?:you(?:'re| are)|he(?:'s| is)|she(?:'s| is)|they(?:'re| are)) (?:all )?(?:just |such |nothing but |a |an |the |so |fucking |complete |total |bunch of |piece of )*(?:idiots?|morons?|stupid|dumb|scum|trash|garbage|loser|losers|worthless|pathetic|filth|vermin|disgusting|ugly|animals?|pigs?|parasites?|cowards?)\b/,
  ],
  [
    'insult',
    0.8,
    /\b(?:shut up|go to hell|piece of (?:shit|crap|garbage|trash)|screw you|(?:f+u+c+k|f\*+k) (?:you|off)|waste of (?:space|oxygen)|nobody (?:likes|wants) you)\b/,
  ],
  [
    'sexual',
    0.9,
    /\b(?:suck(?:ed|ing|s)? (?:my|his|her|your) (?:dick|cock|tits)|spread (?:her|your) legs|(?:fuck(?:ed|ing|s)?|pounded) (?:her|him|me) (?:hard|from behind|all night)|(?:hard|wet|throbbing) (?:cock|dick|pussy)|between (?:her|my) (?:thighs|legs)|had sex with|having sex)\b/,
  ],
];
