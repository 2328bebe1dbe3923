/** Files that hold the terms of what lies beside and below them. */
export const licenceFile = /^(licen[cs]e|copying|unlicense)([-.].*)?$/i;

const squeeze = (text: string) => text.toLowerCase().replace(/[^a-z0-9.]+/g, ' ');

/** What only one licence says, in the order they must be tried: each longer text before the one it contains. */
const marks: ReadonlyArray<readonly [spdx: string, ...phrases: string[]]> = [
  ['AGPL-3.0-only', 'gnu affero general public license version 3'],
  ['LGPL-3.0-only', 'gnu lesser general public license version 3'],
  ['LGPL-2.1-only', 'gnu lesser general public license version 2.1'],
  ['GPL-3.0-only', 'gnu general public license version 3'],
  ['GPL-2.0-only', 'gnu general public license version 2'],
  ['MPL-2.0', 'mozilla public license version 2.0'],
  ['EPL-2.0', 'eclipse public license v 2.0'],
  ['Apache-2.0', 'apache license version 2.0'],
  ['BUSL-1.1', 'business source license 1.1'],
  ['CC0-1.0', 'cc0 1.0 universal'],
  ['CC-BY-SA-4.0', 'attribution sharealike 4.0 international'],
  ['CC-BY-NC-4.0', 'attribution noncommercial 4.0 international'],
  ['CC-BY-4.0', 'attribution 4.0 international'],
  ['Unlicense', 'this is free and unencumbered software released into the public domain'],
  ['BSL-1.0', 'boost software license version 1.0'],
  ['ISC', 'permission to use copy modify and or distribute this software for any purpose with or without fee'],
  [
    'Zlib',
    'this software is provided as is without any express or implied warranty',
    'altered source versions must be plainly marked',
  ],
  ['MIT', 'permission is hereby granted free of charge to any person obtaining a copy'],
  ['BSD-3-Clause', 'redistribution and use in source and binary forms', 'neither the name'],
  ['BSD-2-Clause', 'redistribution and use in source and binary forms'],
];

/** SPDX identifier of the text of a licence file, or undefined where it is none of the usual. */
export function licenceOfText(text: string): string | undefined {
  const plain = squeeze(text.slice(0, 40_000));
  return marks.find(([, ...phrases]) => phrases.every((phrase) => plain.includes(phrase)))?.[0];
}

/** `SPDX-License-Identifier: …` in the first lines of a file. */
export function licenceOfHeader(text: string): string | undefined {
  return /SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+()\- ]{1,100}?)[ \t]*(?:\*\/|-->|\r|\n|$)/
    .exec(text.slice(0, 4000))?.[1]
    ?.trim();
}
