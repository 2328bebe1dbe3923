import type { Scanner } from './scanners.js';
import { classOf } from './unicode.js';

// Scripts of Unicode 9, by their codes in ISO 15924.
const codes =
  'Adlm Aghb Ahom Arab Armi Armn Avst Bali Bamu Bass Batk Beng Bhks Bopo Brah Brai Bugi Buhd Cakm Cans Cari Cham Cher Copt ' +
  'Cprt Cyrl Deva Dsrt Dupl Egyp Elba Ethi Geor Glag Goth Gran Grek Gujr Guru Hang Hani Hano Hatr Hebr Hira Hluw Hmng Hung ' +
  'Ital Java Kali Kana Khar Khmr Khoj Knda Kthi Lana Laoo Latn Lepc Limb Lina Linb Lisu Lyci Lydi Mahj Mand Mani Marc Mend ' +
  'Merc Mero Mlym Modi Mong Mroo Mtei Mult Mymr Narb Nbat Newa Nkoo Ogam Olck Orkh Orya Osge Osma Palm Pauc Perm Phag Phli ' +
  'Phlp Phnx Plrd Prti Rjng Runr Samr Sarb Saur Sgnw Shaw Shrd Sidd Sind Sinh Sora Sund Sylo Syrc Tagb Takr Tale Talu Taml ' +
  'Tang Tavt Telu Tfng Tglg Thaa Thai Tibt Tirh Ugar Vaii Wara Xpeo Xsux Yiii Zinh Zyyy';

/** A space, or a character of no script: it stays with what stands before it. */
const ANY = 'Any';

// Where Unicode 9 and later editions differ; U+30FC is counted with Han, as are Hiragana and Katakana.
const exceptions: Readonly<Record<number, string>> = {
  0x20: ANY,
  0x589: 'Zyyy',
  0x61c: 'Zyyy',
  0x953: 'Deva',
  0x954: 'Deva',
  0x30fc: 'Hani',
};

/** Cuts where the script changes, as SentencePiece does; what stands before the first character of a script is left out. */
export function scriptScanner(): Scanner {
  const tests = codes.split(' ').map((code): [string, RegExp] => [code, new RegExp(`\\p{Script=${code}}`, 'u')]);
  const younger = new RegExp(`[${classOf('noScript')}]`, 'u');
  const known = new Map<number, string>();
  const scriptOf = (point: number): string => {
    let script = known.get(point) ?? exceptions[point];
    if (script === undefined) {
      const char = String.fromCodePoint(point);
      script = younger.test(char) ? ANY : (tests.find(([, pattern]) => pattern.test(char))?.[0] ?? ANY);
      if (script === 'Hira' || script === 'Kana') script = 'Hani';
      known.set(point, script);
    }
    return script;
  };
  return (text, start, end) => {
    let first: string | undefined;
    for (let at = start; at < end; ) {
      const point = text.codePointAt(at) as number;
      const script = scriptOf(point);
      if (script !== ANY) {
        if (first === undefined && at > start) return ~at;
        if (first !== undefined && script !== first) return at;
        first = script;
      }
      at += point > 0xffff ? 2 : 1;
    }
    return first === undefined ? ~end : end;
  };
}
