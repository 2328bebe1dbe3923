import type { Recognizer } from '../types.js';

/** Adjectives and names of peoples that no rule makes from a country's name; plurals are added. */
const peoples =
  'Afghan Albanian Algerian American Andorran Angolan Argentine Argentinian Armenian Australian Austrian Azerbaijani Azeri Bahamian Bahraini Bangladeshi ' +
  'Barbadian Basque Belarusian Belgian Belizean Beninese Bermudian Bhutanese Bolivian Bosnian Brazilian Breton British Briton Bruneian Bulgarian Burmese Burundian ' +
  'Cambodian Cameroonian Canadian Catalan Chadian Chechen Chilean Chinese Colombian Congolese Corsican Croat Croatian Cuban Cypriot Czech Dane Danish Dominican ' +
  'Dutch Dutchman Dutchwoman Ecuadorian Ecuadorean Egyptian Emirati English Englishman Englishwoman Eritrean Estonian Ethiopian Faroese Fijian Filipino Filipina Finn Finnish Flemish ' +
  'Frenchman Frenchwoman French Gabonese Gambian Georgian German Ghanaian Greek Greenlander Greenlandic Grenadian Guatemalan Guinean Guyanese Haitian Hawaiian Honduran ' +
  'Hungarian Icelander Icelandic Indian Indonesian Iranian Iraqi Irish Irishman Irishwoman Israeli Italian Ivorian Jamaican Japanese Jordanian Kazakh Kenyan Korean Kosovar Kurd Kurdish ' +
  'Kuwaiti Kyrgyz Lao Laotian Latvian Lebanese Liberian Libyan Liechtensteiner Lithuanian Luxembourger Macedonian Malagasy Malawian Malaysian Maldivian Malian Maltese ' +
  'Mauritanian Mauritian Mexican Moldovan Monegasque Mongolian Montenegrin Moroccan Mozambican Namibian Nepalese Nepali Nicaraguan Nigerian Nigerien Norwegian ' +
  'Omani Pakistani Palestinian Panamanian Paraguayan Persian Peruvian Pole Polish Portuguese Qatari Romanian Russian Rwandan Salvadoran Samoan Sardinian Saudi Scot Scottish Scotsman Senegalese ' +
  'Serb Serbian Sicilian Singaporean Slovak Slovakian Slovene Slovenian Somali Spaniard Spanish Sudanese Surinamese Swazi Swede Swedish Swiss Syrian Taiwanese Tajik Tanzanian Thai Tibetan ' +
  'Togolese Tongan Tunisian Turk Turkish Turkmen Ugandan Ukrainian Uruguayan Uyghur Uzbek Venezuelan Vietnamese Welsh Welshman Yemeni Zambian Zimbabwean Zulu ' +
  'European Asian African Latino Latina Hispanic Arab Arabic Slavic Slav Scandinavian Caucasian Roma Romani Gypsy Berber Inuit Maori Aboriginal Cherokee Navajo Sioux Apache Tamil Bengali Punjabi Sinhalese Hutu Tutsi Yoruba Igbo Hausa';
const beliefs =
  'Christian Catholic Protestant Lutheran Calvinist Anglican Episcopalian Methodist Baptist Presbyterian Pentecostal Evangelical Mormon Quaker Amish Mennonite Orthodox ' +
  'Muslim Moslem Islamic Islamist Sunni Shia Shiite Shi’ite Alawite Druze Sufi Jew Jewish Hindu Sikh Buddhist Jain Taoist Zoroastrian Parsi Baha’i Rastafarian Pagan Wiccan Atheist ' +
  'Republican Democrat Conservative Labourite Tory Socialist Communist Marxist Leninist Liberal Libertarian Fascist Nazi Zionist Peronist Maoist Trotskyist Social-Democrat Whig';

/** Names of peoples, beliefs and parties, as they are written. */
export const groupNames: readonly string[] = `${peoples} ${beliefs}`.split(' ');

/** Longest word looked at. */
const most = 18;
/** Words that are said of other things as often: only with a capital. */
const capitalOnly = new Set(
  'pole poles turk dane danes finn finns polish lao thai roma slav scot catalan liberal conservative orthodox democrat republican labourite pagan chinese english french shia sioux apache georgian indian swede swedes jain whig tory dominican evangelical baptist atheist communist socialist nazi fascist'.split(
    ' ',
  ),
);
const names = new Set<string>();
for (const name of `${peoples} ${beliefs}`.toLowerCase().split(' ')) {
  names.add(name);
  names.add(`${name}s`);
  if (name.endsWith('man')) {
    names.add(`${name.slice(0, -3)}men`);
    names.add(`${name.slice(0, -3)}mans`);
  }
}
names.add('shi').add('shiis').add('shiite').add('saudis').delete('laos');

/** Whether a word names a nationality, a people, a religion or a political group. */
export function isGroup(word: string): boolean {
  if (word.length > most) return false;
  const lower = word.toLowerCase();
  return names.has(lower) && (word !== lower || !capitalOnly.has(lower));
}

/** Nationality, religion, political group (Presidio's NRP). */
export const groups: readonly Recognizer[] = [
  {
    type: 'NRP',
    name: 'people, religion or party',
    family: 'name',
    pattern: /(?<![\p{L}\p{N}_@#./-])\p{L}{2,18}(?:’i|’ite)?(?![\p{L}\p{N}_@])/gu,
    score: 0.7,
    validate: isGroup,
    check: 'list of peoples, beliefs and parties',
  },
];
