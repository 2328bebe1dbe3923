/**
 * Words that are split, or kept whole, by a list rather than by a rule: English contractions, abbreviations with a full stop,
 * times of the day. Which ones these are follows spaCy 3.8's English tokenizer, whose words datatrove counts; the list is
 * made here from its parts.
 */
const pronouns: Readonly<Record<string, string>> = {
  i: 'm ll d ve',
  you: 're ll d ve',
  he: 's ll d',
  she: 's ll d',
  it: 's ll d',
  we: 're ll d ve',
  they: 're ll d ve',
};
const questions = ['who', 'what', 'when', 'where', 'why', 'how', 'there', 'that', 'this', 'these', 'those'];
const negated = [
  ...['are', 'is', 'were', 'was', 'do', 'does', 'did', 'have', 'has', 'had', 'ca', 'could', 'may', 'might', 'must'],
  ...['need', 'ought', 'sha', 'should', 'wo', 'would', 'ai', 'dare'],
];
/** Without their apostrophe these are words of their own. */
const words = new Set([
  'ill',
  'id',
  'hell',
  'shell',
  'shed',
  'well',
  'wed',
  'were',
  'its',
  'whore',
  'whos',
  'hed',
  'wont',
  'cant',
]);
/** Of those, spaCy splits these all the same. */
const splitAnyway = new Set(['wont', 'cant', 'whos', 'hed', 'id', 'wed']);
const abbreviations = (
  'Mt. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. Gov. i.e. I.e. I.E. Inc. Jr. Ltd. Md. Messrs. Mo. Mont. Mr. Mrs. Ms. p.m. Ph.D. ' +
  'Prof. Rep. Rev. Sen. St. vs. v.s. Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec. Ala. Ariz. Ark. Calif. Colo. Conn. Del. ' +
  'Fla. Ga. Ia. Id. Ill. Ind. Kan. Kans. Ky. La. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Okla. Ore. Pa. S.C. ' +
  "Tenn. Va. Wash. Wis. a.m. C++ Mass. o.O O.o o.o o_o O_O and/or w/o ): (; 8) 8D 8-) :) :( ;) :D :P :-) :-( ;-) :p ^_^ <3 <33 =) =( xD XD :/ :o :O :* :3 'em 'Em 'nuff 'Cause 'cause 'cos 'Cos 'Coz 'coz 're 's 'd 'll 've 'bout 'til 'S"
).split(' ');

function capital(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}

function build(): ReadonlyMap<string, readonly string[]> {
  const rules = new Map<string, readonly string[]>();
  const add = (...parts: string[]): void => {
    rules.set(parts.join(''), parts);
  };
  /** A stem and an ending, with both apostrophes and with none, in small letters and with a capital. */
  const both = (stem: string, ...endings: string[]): void => {
    for (const base of [stem, capital(stem)]) {
      for (const mark of ["'", '’']) add(base, ...endings.map((ending) => ending.replace("'", mark)));
      const bare = [base, ...endings.map((ending) => ending.replace("'", ''))];
      const joined = bare.join('').toLowerCase();
      if (!words.has(joined) || splitAnyway.has(joined)) add(...bare);
    }
  };
  for (const [pronoun, endings] of Object.entries(pronouns)) {
    const stems = pronoun === 'i' ? ['i'] : [pronoun];
    for (const stem of stems) {
      for (const ending of endings.split(' ')) both(stem, `'${ending}`);
      both(stem, "'ll", "'ve");
      both(stem, "'d", "'ve");
    }
  }
  for (const word of questions) {
    for (const ending of ["'s", "'ll", "'d", "'ve", "'re"]) both(word, ending);
    both(word, "'ll", "'ve");
    both(word, "'d", "'ve");
  }
  for (const verb of negated) {
    both(verb, "n't");
    both(verb, "n't", "'ve");
  }
  both('can', 'not');
  for (const [stem, rest] of [
    ['gon', 'na'],
    ['got', 'ta'],
    ['could', "'ve"],
    ['might', "'ve"],
    ['must', "'ve"],
    ['should', "'ve"],
    ['would', "'ve"],
    ['c', "'mon"],
  ] as const) {
    both(stem, rest);
  }
  for (const mark of ["'", '’']) for (const stem of ['let', 'Let']) add(stem, `${mark}s`);
  for (let hour = 1; hour <= 12; hour++) for (const half of ['a.m.', 'am', 'p.m.', 'pm']) add(String(hour), half);
  for (const word of abbreviations) add(word);
  for (const letter of 'abcdefghijklmnopqrstuvwxyz') add(`${letter}.`);
  return rules;
}

/** Parts of words in the list, by the word as it is spelled. */
export const contractions: ReadonlyMap<string, readonly string[]> = build();
