/** Groups of people, and the words that a text mentions them with. English; small letters. */
export const identityGroups: Readonly<Record<string, RegExp>> = {
  women: /\b(?:wom[ae]n|girls?|females?|ladies|mothers?|wives)\b/,
  men: /\b(?:m[ae]n|boys?|males?|gentlemen|fathers?|husbands)\b/,
  'non-binary': /\b(?:non-?binary|genderqueer|gender-?fluid)\b/,
  transgender: /\b(?:trans(?:gender|sexual)s?|trans (?:wom[ae]n|m[ae]n|people|kids?))\b/,
  'gay and lesbian': /\b(?:gays?|lesbians?|homosexuals?|queer|same-sex|lgbtq?\+?)\b/,
  heterosexual: /\b(?:heterosexuals?|straight (?:people|m[ae]n|wom[ae]n|couples?))\b/,
  black:
    /\b(?:african[- ]americans?|blacks|black (?:people|persons?|m[ae]n|wom[ae]n|kids?|boys?|girls?|americans?|communit(?:y|ies)|families|folks?|students?|voters?|lives))\b/,
  white:
    /\b(?:caucasians?|whites|white (?:people|persons?|m[ae]n|wom[ae]n|kids?|boys?|girls?|americans?|families|folks?|students?|voters?|supremac\w+))\b/,
  asian: /\b(?:asians?|chinese|japanese|koreans?|vietnamese|filipin[oa]s?|indians?)\b/,
  latino: /\b(?:latin[oax]s?|hispanics?|mexicans?|puerto ricans?)\b/,
  arab: /\b(?:arabs?|palestinians?|iraqis?|syrians?|middle eastern(?:ers?)?)\b/,
  indigenous: /\b(?:native americans?|indigenous|aborigin(?:es?|als?)|first nations)\b/,
  jewish: /\b(?:jews?|jewish|judaism)\b/,
  muslim: /\b(?:muslims?|islam(?:ic)?|moslems?)\b/,
  christian: /\b(?:christians?|catholics?|protestants?|christianity|evangelicals?)\b/,
  hindu: /\b(?:hindus?|hinduism)\b/,
  buddhist: /\b(?:buddhists?|buddhism)\b/,
  atheist: /\b(?:atheists?|atheism)\b/,
  immigrant: /\b(?:immigrants?|refugees?|migrants?|asylum seekers?)\b/,
  disabled: /\b(?:disabled|disabilit(?:y|ies)|blind (?:people|m[ae]n|wom[ae]n)|deaf|autis(?:m|tic)|wheelchair)\b/,
  old: /\b(?:elderly|old (?:people|m[ae]n|wom[ae]n)|seniors|pensioners?)\b/,
  poor: /\b(?:the poor|poor people|homeless|working[- ]class)\b/,
};

/** Names of the groups that a text mentions. */
export function groupsIn(text: string): string[] {
  const lower = text.toLowerCase();
  return Object.keys(identityGroups).filter((group) => identityGroups[group]!.test(lower));
}

/** Words that speak ill of whom they are said of, without being offensive themselves. */
export const negativeWords: ReadonlySet<string> = new Set(
  (
    'criminal criminals crime terrorist terrorists terrorism violent violence lazy dirty dangerous threat evil corrupt greedy angry aggressive ' +
    'illegal thief thieves gang gangs drug drugs inferior primitive savage stupid ignorant weak hysterical emotional bossy liar liars fraud poor ' +
    'failure bad worse worst awful terrible horrible hate hated hatred enemy enemies attack attacked murder murdered kill killed killing rape ' +
    'sick disease crazy insane abnormal unnatural sinful immoral pervert radical extremist extremists'
  ).split(' '),
);

export const pronouns = {
  female: /\b(?:she|her|hers|herself)\b/g,
  male: /\b(?:he|him|his|himself)\b/g,
  neutral: /\b(?:they|them|their|theirs|themself|themselves)\b/g,
} as const;

/** Occupations, one stem each. */
export const occupations: readonly string[] = (
  'doctor nurse teacher engineer scientist lawyer judge secretary receptionist manager director president ceo professor student soldier officer ' +
  'farmer cook chef cleaner housekeeper driver pilot mechanic carpenter plumber electrician librarian accountant cashier clerk artist writer author ' +
  'musician singer actor dancer programmer developer analyst researcher surgeon dentist therapist psychologist politician senator minister priest'
).split(' ');
