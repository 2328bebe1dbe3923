import type { OnProgress } from '../../../base/contract/index.js';
import type { Reject } from '../document.js';
import type { HttpClientOptions } from '../../../base/net/index.node.js';
import type { ScopeOptions } from './scope.js';
import type { TrapOptions } from './traps.js';

export interface CrawlOptions extends ScopeOptions {
  /** Addresses to start from. */
  readonly seeds: readonly string[];
  /** Folder of WARC files and of the crawl's memory. */
  readonly folder: string;
  /** Pages that are kept. Default 1,000. */
  readonly maxPages?: number;
  /** Pages asked for on one host. Default 10,000. */
  readonly maxPagesPerHost?: number;
  /** Links from a seed. Default 16. */
  readonly maxDepth?: number;
  /** Bytes of WARC files of this crawl. Default 10 GB. */
  readonly maxBytes?: number;
  /** Bytes of a page. Default 5 MiB. */
  readonly maxPageBytes?: number;
  /** Seconds between two requests to a host, unless its robots.txt asks for more. Default 1. */
  readonly delay?: number;
  /** Longest crawl-delay that is waited for, in seconds; a site that asks for more is left alone. Default 120. */
  readonly longestDelay?: number;
  /** How often an address is tried that does not answer, or with 429 or 5xx. Default 3. */
  readonly tries?: number;
  /** Requests at a time, over all hosts. Default 8. */
  readonly concurrency?: number;
  /** Requests at a time to one host. Default 1. */
  readonly hostConcurrency?: number;
  /** Product token that robots.txt and X-Robots-Tag name. Default `abovo`. */
  readonly agent?: string;
  /** Default `abovo/1.0`. Say who you are and how to reach you. */
  readonly userAgent?: string;
  /** Whether noai, TDM reservations, Content-Signal and a robots.txt that shuts robots of AI companies out are honoured. Default true. */
  readonly honourTraining?: boolean;
  /** Whether sitemaps are read. Default true. */
  readonly sitemaps?: boolean;
  /** Asks again for what an earlier crawl in this folder has fetched: unchanged pages become revisit records. */
  readonly refresh?: boolean;
  readonly mediaTypes?: readonly string[];
  readonly traps?: TrapOptions;
  /** Bytes after which a new WARC file is begun. Default 1 GB. */
  readonly fileBytes?: number;
  readonly allowHosts?: readonly string[];
  /** Further settings of the connections. */
  readonly http?: Pick<HttpClientOptions, 'timeouts' | 'resolve' | 'retry'>;
  readonly onReject?: (reject: Reject) => void;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Figures of a crawl, of this and earlier calls together. */
export interface CrawlResult {
  /** Pages that are kept. */
  readonly pages: number;
  /** Answers of servers. */
  readonly answers: number;
  /** Addresses that were found. */
  readonly found: number;
  /** Addresses that still wait: the crawl stopped at a limit. */
  readonly waiting: number;
  /** Addresses that were left out, by reason. */
  readonly left: Readonly<Record<string, number>>;
}
