// Run by the test that kills crawls: crawls what it is told and prints the result.
import { crawl } from './crawler.js';
import type { CrawlOptions } from './options.js';

const result = await crawl(JSON.parse(process.argv[2]!) as CrawlOptions);
console.log(JSON.stringify(result));
