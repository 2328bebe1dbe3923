import { Random } from '../../src/base/core/index.js';
import * as lex from './lexicon.js';

const onsets =
  'b br bl c ch cl d dr f fr g gr h j k kr l m n p pr r s sh sk st sv sz t th tr v w z y ž š č ł kh gh ts mb nd'.split(
    ' ',
  );
const vowels = 'a e i o u a e i o ai ei ou au ie aa ee á é í ó ö ä ü å ø æ y'.split(' ');
const codas = ' n r l s m t k nd rt st ck x ng sz '.split(' ');
const tails =
  ' a o e y i en er el ov ova ski ska sen son sson dottir ić ić ček ez es ini elli etti aux ard ier mann stein berg quist ström nen la opoulos akis yan shvili enko chuk ulu oğlu ez wala kar wara mura moto'.split(
    ' ',
  );
const places =
  ' ville ton burg berg heim hausen dorf stad vik by ford ham wick ley field bury mouth minster borough ów ice ec grad pol abad pur nagar ville court sur-Mer -les-Bains del Mar kirchen bach feld hof brunn köping havn nes fjörður vár hely'.split(
    ' ',
  );

const cap = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Values of entities: names, places, companies, addresses. Deterministic from the random stream. */
export class Values {
  constructor(
    readonly random: Random,
    readonly countries: readonly string[],
    readonly moreCities: readonly string[],
    readonly nouns: readonly string[],
    readonly adjectives: readonly string[],
    readonly groups: readonly string[],
  ) {}
  chance(p: number): boolean {
    return this.random.float() < p;
  }
  pick<T>(items: readonly T[]): T {
    return this.random.pick(items);
  }
  digits(n: number): string {
    return Array.from({ length: n }, () => this.random.int(10)).join('');
  }
  int(from: number, to: number): number {
    return from + this.random.int(to - from + 1);
  }
  /** A word that looks like a name and is none. */
  invented(ends: readonly string[]): string {
    let text = '';
    for (let n = this.int(1, 2); n > 0; n--)
      text += this.pick(onsets) + this.pick(vowels) + (this.chance(0.3) ? this.pick(codas) : '');
    return cap(text + this.pick(onsets) + this.pick(vowels) + this.pick(ends).trim());
  }
  first(): string {
    return this.chance(0.6)
      ? this.pick(lex.givenNames)
      : this.invented(['', 'a', 'o', 'e', 'n', 'l', 's', 'ia', 'ina', 'us', 'k', 'ie']);
  }
  last(): string {
    const name = this.chance(0.5) ? this.pick(lex.surnames) : this.invented(tails);
    return this.chance(0.05) ? `${name}-${this.pick(lex.surnames)}` : name;
  }
  person(): string {
    const r = this.random.float();
    if (r < 0.16) return this.first();
    if (r < 0.27) return this.last();
    const middle = this.chance(0.3)
      ? ` ${cap('abcdefghijklmnoprstvw'[this.random.int(21)])}${this.chance(0.6) ? '.' : ''}`
      : '';
    const particle = this.chance(0.04)
      ? ` ${this.pick(['van', 'von', 'de', 'da', 'van der', 'del', 'al', 'bin', 'el'])}`
      : '';
    const suffix = this.chance(0.03) ? ` ${this.pick(['Jr.', 'II', 'III', 'Sr.', 'MD', 'PhD'])}` : '';
    return `${this.first()}${middle}${particle} ${this.last()}${this.chance(0.06) ? ` ${this.last()}` : ''}${suffix}`;
  }
  city(): string {
    let name: string;
    const r = this.random.float();
    if (r < 0.35) name = this.pick(lex.cities);
    else if (r < 0.55) name = this.pick(this.moreCities);
    else {
      name = this.invented(places);
      if (this.chance(0.15))
        name = `${this.pick(['San', 'Santa', 'St.', 'Saint', 'New', 'Old', 'Upper', 'Lower', 'Port', 'Fort', 'Mount', 'Bad', 'Villa', 'Vila', 'Cité', 'North', 'East', 'Ain', 'Le', 'La'])} ${name}`;
      if (this.chance(0.08))
        name = `${name} ${this.pick(['de la', 'del', 'am', 'an der', 'sur', 'upon', 'na', 'do', 'da'])} ${this.invented(places)}`;
      if (this.chance(0.06))
        name = `${cap(this.pick(this.nouns))} ${this.pick(['Falls', 'Creek', 'Springs', 'Valley', 'Village', 'Town', 'Hills', 'Beach', 'Point'])}`;
    }
    return this.chance(0.18) ? name.toUpperCase() : name;
  }
  country(): string {
    return this.chance(0.85) ? this.pick(this.countries) : this.pick(lex.countryAliases);
  }
  place(): string {
    return this.chance(0.5) ? this.country() : this.city();
  }
  company(): string {
    const word = (): string => cap(this.chance(0.5) ? this.pick(this.nouns) : this.pick(this.adjectives));
    const r = this.random.float();
    const end = this.chance(0.25) ? ` ${this.pick(lex.companySuffixes)}` : '';
    if (r < 0.14) return this.pick(lex.companies);
    if (r < 0.24) {
      const joined = `${this.pick(this.chance(0.7) ? this.nouns : this.adjectives)}${this.pick(this.nouns)}`.replace(
        /[^a-z]/g,
        '',
      );
      return `${cap(joined)}${this.chance(0.1) ? 's' : ''}${end}`;
    }
    if (r < 0.32) return `${this.last()}${this.pick(['-', ' and ', ' & ', '-'])}${this.last()}${end}`;
    if (r < 0.4) return `${this.last()}, ${this.last()} and ${this.last()}`;
    if (r < 0.48) return `${this.last()} ${this.pick([...lex.companySuffixes, ...lex.companyNouns])}`;
    if (r < 0.62) return `${word()} ${this.pick(lex.companyNouns)}${end}`;
    if (r < 0.7) return `${word()} ${word()}${end}`;
    if (r < 0.74) return `${word()} ${word()} ${this.pick(lex.companyNouns)}${end}`;
    if (r < 0.86) {
      const base = this.pick(this.nouns);
      return `${cap(this.pick(['my', 'you', 'open', 'cloud', 'street', 'fin', 'health', 'quick', 'web', 'true', 'civ', 'en', 'ever', 'net', 'x', 'e', 'i', 'm', 'bio', 'geo', 'data']))}${this.chance(0.5) ? cap(base) : base}${end}`;
    }
    if (r < 0.9)
      return `${cap(this.pick(this.nouns))}${this.pick(['ify', 'ly', 'io', 'ix', 'ex', 'era', 'ium', 'able', 'hub', 'wise', 'fy', 'tech', 'labs'])}${end}`;
    return `${this.invented(['a', 'is', 'ix', 'on', 'ent', 'o', 'us', 'ia', 'ex', 'int'])}${end}`;
  }
  job(): string {
    const job = this.pick(lex.jobs);
    const r = this.random.float();
    const wide =
      r < 0.15
        ? `${this.pick(['senior', 'junior', 'chief', 'assistant', 'deputy', 'lead'])} ${job}`
        : r < 0.25
          ? `${this.pick(this.nouns)} and ${job}`
          : r < 0.4
            ? `${this.pick(this.nouns)} ${this.pick(['technician', 'operator', 'specialist', 'clerk', 'manager', 'consultant', 'worker', 'officer', 'engineer', 'cleaner', 'supervisor'])}`
            : job;
    return this.chance(0.75) ? cap(wide) : wide;
  }
  street(): string {
    const n = (): string => String(this.chance(0.7) ? this.int(1, 299) : this.int(300, 9999));
    const name = this.chance(0.4)
      ? this.pick(lex.streetWords)
      : this.chance(0.5)
        ? this.last()
        : this.invented(['', 'a', 'o', 'en', 'er']);
    const r = this.random.float();
    if (r < 0.27)
      return `${n()} ${name}${this.chance(0.1) ? ` ${this.pick(lex.streetWords)}` : ''} ${this.pick(lex.streetSuffixes)}`;
    if (r < 0.31) return `${name} ${this.pick(lex.streetSuffixes)}`;
    if (r < 0.4)
      return `${name.split(' ')[0]}${this.pick(['straße', 'strasse', 'gasse', 'weg', 'allee', 'platz', 'str.', 'straat', 'laan', 'gracht', 'vej', 'gade', 'vegen', 'gata', 'gatan', 'vägen', 'katu', 'tie', 'stræti', 'gade'])} ${n()}${this.chance(0.1) ? 'abc'[this.random.int(3)] : ''}`;
    if (r < 0.5)
      return `${this.pick(['Rue', 'rue de', 'Rue du', 'Avenue', 'Boulevard', 'Place', 'Chemin', 'Via', 'Viale', 'Piazza', 'Corso', 'Calle', 'Avenida', 'Plaza', 'Paseo', 'C/', 'Rua', 'Rua do', 'Rua da', 'Travessa', 'ul.', 'Ulica', 'ul. Mickiewicza', 'Trg', 'Strada', 'Contrada', 'Rúa', 'Camino', 'Jalan', 'Ulitsa'])} ${name}${this.chance(0.7) ? `${this.pick([' ', ', '])}${n()}` : ''}`;
    if (r < 0.55)
      return `${n()}, ${this.pick(['rue', 'avenue', 'boulevard', 'allée'])} ${this.pick(['de', 'du', 'des', "de l'", 'de la'])} ${name}`;
    if (r < 0.62)
      return `${name} ${this.pick(['u.', 'utca', 'út', 'tér', 'köz', 'krt.', 'ulica', 'tänav', 'iela', 'gatvė', 'Sokak', 'Cad.', 'kapu', 'terrasse', 'bakke', 'brinken', 'plads'])} ${n()}${this.chance(0.6) ? '.' : ''}`;
    if (r < 0.76) return `${name}${this.chance(0.2) ? ` ${this.invented(tails)}` : ''} ${n()}`;
    if (r < 0.8)
      return `${this.pick(['P.O. Box', 'PO Box', 'Postbox', 'Postfach', 'Box', 'P.O.Box', 'PO BOX'])} ${this.int(1, 9999)}`;
    if (r < 0.85) return `${n()} ${name} ${this.pick(['str', 'str.', 'Street', 'Avenue'])}`;
    if (r < 0.88)
      return `the corner of ${name} ${this.pick(lex.streetSuffixes)} and ${this.last()} ${this.pick(lex.streetSuffixes)}`;
    if (r < 0.91) return `the corner of ${name} ${n()} and ${this.last()} ${this.pick(lex.streetSuffixes)}`;
    if (r < 0.95)
      return this.chance(0.5)
        ? `Unit ${this.digits(4)} Box ${this.digits(4)}`
        : `${this.pick(['PSC', 'CMR'])} ${this.digits(4)}, Box ${this.digits(4)}`;
    return `${this.last()} ${this.pick(['Gateway', 'Parks', 'Fort', 'Pass', 'Village', 'Union', 'Shores', 'Springs', 'Islands', 'Mills', 'Station', 'Viaduct', 'Inlet', 'Orchard', 'Spurs', 'Squares', 'Streets', 'Extensions', 'Estates', 'Port'])}`;
  }
  unit(): string {
    return `${this.pick(['Apt.', 'Apt', 'Suite', 'Unit', 'Flat', 'Room', 'Ste', 'Floor', '#', 'Apartment', 'Lgh', 'Top'])} ${this.int(1, 999)}`;
  }
  postcode(): string {
    const r = this.random.float();
    if (r < 0.45) return this.digits(5);
    if (r < 0.65) return this.digits(4);
    if (r < 0.72)
      return `${'ABCEGLNSW'[this.random.int(9)]}${'ABEHLNRW'[this.random.int(8)]}${this.int(1, 99)} ${this.int(1, 9)}${'ABDEHLN'[this.random.int(7)]}${'ABDEHLN'[this.random.int(7)]}`;
    if (r < 0.77) return `${this.digits(3)} ${this.digits(2)}`;
    if (r < 0.81) return `${this.digits(5)}-${this.digits(4)}`;
    if (r < 0.85) return `${this.digits(5)}-${this.digits(3)}`;
    if (r < 0.89) return `${this.digits(4)} ${cap('abcdx'[this.random.int(5)])}${cap('abcdx'[this.random.int(5)])}`;
    if (r < 0.93) return `${this.digits(4)}-${this.digits(3)}`;
    if (r < 0.97)
      return `${'KLMV'[this.random.int(4)]}${this.int(0, 9)}${'ABC'[this.random.int(3)]} ${this.int(0, 9)}${'ABC'[this.random.int(3)]}${this.int(0, 9)}`;
    return this.digits(3);
  }
  address(): string {
    const gap = this.pick([', ', ', ', ' ', '\n', '\n ', '\n, ']);
    const parts = [this.chance(0.3) ? `${this.int(1, 9999)} ${this.street()}` : this.street()];
    if (this.chance(0.4)) parts[0] += this.chance(0.6) ? ` ${this.unit()}` : `${gap}${this.unit()}`;
    const state = this.chance(0.3)
      ? `${gap === ' ' ? ' ' : ', '}${this.chance(0.8) ? this.pick(lex.states) : this.pick(['MP', 'AA', 'AE'])}`
      : '';
    const r = this.random.float();
    if (r < 0.25) return parts[0];
    if (r < 0.4) parts.push(`${this.city()}${state}`);
    else if (r < 0.6) parts.push(`${this.city()}${state}${this.pick([' ', ', ', '\n ', '\n'])}${this.postcode()}`);
    else if (r < 0.75) parts.push(`${this.postcode()} ${this.city()}`);
    else if (r < 0.9)
      parts.push(`${this.city()}${state}`, this.chance(0.5) ? `${this.country()} ${this.postcode()}` : this.country());
    else if (r < 0.95)
      parts.push(`${this.pick(['APO', 'DPO', 'FPO'])} ${this.pick(['AA', 'AE', 'AP'])} ${this.digits(5)}`);
    else parts.push(this.postcode());
    return parts.join(gap);
  }
  group(): string {
    const group = this.pick(this.groups);
    return this.chance(0.12) ? `${group}s` : group;
  }
  year(): string {
    return String(this.int(1900, 2029));
  }
  date(): string {
    const r = this.random.float();
    if (r < 0.3) return `${this.int(1, 12)}/${this.int(1, 28)}/${this.year()}`;
    if (r < 0.5)
      return `${this.year()}-${String(this.int(1, 12)).padStart(2, '0')}-${String(this.int(1, 28)).padStart(2, '0')}`;
    const month = this.pick(
      'January February March April May June July August September October November December'.split(' '),
    );
    if (r < 0.7) return `${month} ${this.int(1, 28)}, ${this.year()}`;
    if (r < 0.85) return this.pick('Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' '));
    return `${this.int(1, 28)} ${month} ${this.year()}`;
  }
  phone(): string {
    return this.pick([
      () => `${this.int(200, 999)}-${this.digits(3)}-${this.digits(4)}`,
      () => `(${this.int(200, 999)}) ${this.digits(3)}-${this.digits(4)}`,
      () => `+${this.int(1, 99)} ${this.digits(3)} ${this.digits(3)} ${this.digits(3)}`,
      () => `0${this.digits(3)} ${this.digits(3)} ${this.digits(3)}`,
      () => this.digits(8),
    ])();
  }
  acronym(): string {
    return this.chance(0.5)
      ? this.pick(
          'DOB SSN MRN ID IBAN BIC PIN VIN NPI DEA IP MAC URL API ISBN SKU REF ATM PO FAX TEL CV HR IT PR TV PC CD DVD FAQ ETA ASAP USB GPS CPU RAM NHS BSN CPF PAN TFN'.split(
            ' ',
          ),
        )
      : Array.from({ length: this.int(2, 5) }, () => 'ABCDEFGHIJKLMNOPRSTUVW'[this.random.int(22)]).join('');
  }
  phrase(): string {
    const n = this.chance(0.75) ? this.int(1, 3) : this.int(3, 7);
    const small = [
      'of',
      'and',
      'the',
      'in',
      'for',
      'to',
      '&',
      'a',
      'with',
      'on',
      'you',
      'your',
      'is',
      'not',
      'my',
      'all',
      'how',
      'why',
      'that',
      'but',
      'from',
      'at',
      'i',
      'me',
      'we',
    ];
    return Array.from({ length: n }, (_, i) => {
      if (n > 1 && this.chance(i > 0 && i < n - 1 ? 0.4 : 0.12)) {
        const word = this.pick(small);
        return this.chance(0.4) || i === 0 || word === 'i' ? cap(word) : word;
      }
      return cap(this.pick(this.chance(0.7) ? this.nouns : this.adjectives) + (this.chance(0.15) ? 's' : ''));
    }).join(' ');
  }
}
