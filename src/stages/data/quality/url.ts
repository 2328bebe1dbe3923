import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import type { Finding } from './text-measure.js';

/** Few words of our own that an address of an adult or gambling site tends to have; bring larger lists as files. */
const adult = ['porn', 'xxx', 'hentai', 'camgirl', 'escorts', 'nsfw', 'bdsm', 'milf', 'upskirt'];
const soft = [
  'sex',
  'sexy',
  'adult',
  'nude',
  'naked',
  'hot',
  'girls',
  'cams',
  'dating',
  'casino',
  'poker',
  'slots',
  'viagra',
  'escort',
  'fetish',
  'erotic',
];
const parts = ['xvideo', 'pornhub', 'xhamster', 'sexcam', 'freeporn', 'onlinecasino'];

/** Rules of Penedo et al., "The RefinedWeb dataset" (2023), section G.1, about addresses. */
export const urlOptions = z.strictObject({
  /** Domains that are refused with everything under them. */
  domains: z.array(z.string()).default([]),
  /** Files of domains, one a line; # begins a remark. */
  domainFiles: z.array(z.string()).default([]),
  urls: z.array(z.string()).default([]),
  /** Any of these words in the address refuses it. */
  bannedWords: z.array(z.string()).default(adult),
  /** So many of `softBannedWords` do. */
  softBannedWords: z.array(z.string()).default(soft),
  softThreshold: z.int().min(1).default(2),
  /** Any of these inside the address, signs left out, refuses it. */
  bannedSubwords: z.array(z.string()).default(parts),
  /** Documents without an address. */
  missing: z.enum(['keep', 'drop']).default('keep'),
});
export type UrlOptions = z.infer<typeof urlOptions>;

const normal = (word: string): string => word.replace(/[^a-zA-Z0-9]+/g, '').toLowerCase();

/** Domains of the files, and those of the options. */
export async function readDomains({ domains, domainFiles }: UrlOptions, folder: string): Promise<ReadonlySet<string>> {
  const all = new Set(domains.map((domain) => domain.trim().toLowerCase()));
  for (const file of domainFiles) {
    let text: string;
    try {
      text = await readFile(resolve(folder, file), 'utf8');
    } catch (error) {
      throw new InvalidInput(
        'data.urls',
        `urlFilter: expected a list of domains in ${file}, ${messageOf(error)}`,
        { file },
        error,
      );
    }
    for (const line of text.split('\n')) {
      const domain = line.replace(/#.*/, '').trim().toLowerCase();
      if (domain !== '') all.add(domain);
    }
  }
  return all;
}

/** A judge of addresses. Words of an address are compared in small letters. */
export function urlJudge(options: UrlOptions, domains: ReadonlySet<string>): (url: string) => Finding | undefined {
  const urls = new Set(options.urls);
  const banned = new Set(options.bannedWords.map(normal));
  const softly = new Set(options.softBannedWords.map(normal));
  const inside = options.bannedSubwords.map(normal).filter((part) => part !== '');
  return (url) => {
    let host = '';
    try {
      host = new URL(url.includes('://') ? url : `http://${url}`).hostname.toLowerCase().replace(/\.$/, '');
    } catch {
      // An address that is none has words all the same.
    }
    const labels = host.split('.');
    for (let i = 0; i < labels.length; i++) {
      const domain = labels.slice(i).join('.');
      if (domains.has(domain)) return { rule: i === 0 && labels.length > 2 ? 'subdomain' : 'domain', detail: domain };
    }
    if (urls.has(url)) return { rule: 'url', detail: url.slice(0, 200) };
    const words = new Set(url.toLowerCase().split(/[^a-z0-9]+/));
    for (const word of words) if (banned.has(word)) return { rule: 'hard_blacklisted', detail: word };
    const found = [...words].filter((word) => softly.has(word));
    if (found.length >= options.softThreshold) return { rule: 'soft_blacklisted', detail: found.join(' ') };
    const joined = normal(url);
    const part = inside.find((word) => joined.includes(word));
    return part === undefined ? undefined : { rule: 'blacklisted_subword', detail: part };
  };
}
